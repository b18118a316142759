import { CHANNELS, type CloseReason, type PerChannel } from '@tickstock/contracts'
import type { Logger } from '@tickstock/service-kit'
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { ChannelLog } from './domain/channel-log.ts'
import type { Clock } from './domain/clock.ts'
import type { Observer, Written } from './domain/observer.ts'
import type { Pulse } from './domain/pulse.ts'
import type { Sessions } from './domain/sessions.ts'
import { readGauge } from './read-gauge.ts'

export interface GatewayMetricsOptions {
  readonly registry: Registry
  readonly logger: Logger
  readonly logs: PerChannel<ChannelLog>
  readonly pulse: Pulse
  readonly sessions: Sessions
  readonly clock: Clock
}

/** Around the promise of 100 ms. */
const LATENCIES = [0.001, 0.0025, 0.005, 0.01, 0.02, 0.035, 0.05, 0.1, 0.2, 0.5, 1, 2.5, 10]

/** What operators see of the gateway. */
export class GatewayMetrics implements Observer {
  readonly #logger: Logger
  readonly #clock: Clock
  readonly #messages: Counter<'kind'>
  readonly #writes: Counter
  readonly #bytes: Counter
  readonly #gaps: Counter<'reason'>
  readonly #closes: Counter<'reason'>
  readonly #refused: Counter
  readonly #historyFailures: Counter
  readonly #latency: Histogram

  constructor({ registry, logger, logs, pulse, sessions, clock }: GatewayMetricsOptions) {
    const registers = [registry]
    const counter = <Label extends string = never>(name: string, help: string, labelNames: Label[] = []) =>
      new Counter<Label>({ name: `gateway_${name}`, help, labelNames, registers })
    const gauge = (name: string, help: string, read: () => number) => readGauge(registry, name, help, read)
    const channelGauge = (name: string, help: string, read: (log: ChannelLog) => number | undefined) =>
      new Gauge({
        name: `gateway_${name}`,
        help,
        registers,
        labelNames: ['channel'],
        collect() {
          for (const channel of CHANNELS) this.set({ channel }, read(logs[channel]) ?? Number.NaN)
        }
      })

    this.#logger = logger
    this.#clock = clock
    this.#messages = counter('messages_total', 'Events handed to sockets, as they happened or as a replay', ['kind'])
    this.#writes = counter('writes_total', 'Writes to sockets; one joins what is due')
    this.#bytes = counter('written_bytes_total', 'Bytes of those writes')
    this.#gaps = counter('gaps_total', 'Gaps told to clients', ['reason'])
    this.#closes = counter('closes_total', 'Sockets closed from here', ['reason'])
    this.#refused = counter(
      'upgrades_refused_total',
      'Upgrades refused: too many came at once, or this instance was going'
    )
    this.#historyFailures = counter('history_failures_total', 'Reads of the log for clients that failed')
    this.#latency = new Histogram({
      name: 'gateway_delivery_seconds',
      help: 'From the append of the oldest event of a live write to the write; once for many sockets that are sent the same',
      buckets: LATENCIES,
      registers
    })
    gauge('connections', 'Sockets', () => sessions.size)
    gauge('unauthenticated', 'Sockets that have not said yet who they are', () => sessions.unauthenticated)
    gauge('subscriptions', 'Subscriptions', () => sessions.subscriptions)
    gauge('outstanding_bytes', 'Handed to sockets, and not taken yet', () => sessions.outstanding)
    channelGauge('feeds', 'Distinct filters', log => log.feeds)
    channelGauge('ring_entries', 'Entries in memory', log => log.ring.size)
    channelGauge('ring_bytes', 'Bytes of event JSON in memory', log => log.ring.bytes)
    channelGauge('log_offset', 'Highest offset read', log => log.ring.top)
    channelGauge('log_read_age_seconds', 'Since the log was read with success', log => {
      const age = pulse.age(log.channel, clock.now())
      return age === undefined ? undefined : age / 1000
    })
  }

  wrote({ writes, bytes, live, replayed, appendedAt, gaps }: Written): void {
    const now = this.#clock.time()
    this.#writes.inc(writes)
    this.#bytes.inc(bytes)
    if (live > 0) this.#messages.inc({ kind: 'live' }, live)
    if (replayed > 0) this.#messages.inc({ kind: 'replayed' }, replayed)
    for (const at of appendedAt) this.#latency.observe(Math.max(0, now - at) / 1000)
    for (const reason of gaps) this.#gaps.inc({ reason })
  }

  /** An upgrade was refused before there was a socket. */
  refused(): void {
    this.#refused.inc()
  }

  historyFailed(error: unknown): void {
    this.#historyFailures.inc()
    this.#logger.warn({ err: error }, 'the log could not be read for a client')
  }

  failed(error: unknown): void {
    this.#logger.error({ err: error }, 'a message of a client could not be handled')
  }

  closed(reason: CloseReason): void {
    this.#closes.inc({ reason })
  }
}
