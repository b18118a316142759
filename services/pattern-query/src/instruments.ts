import { CHANNELS, type Channel } from '@tickstock/contracts'
import type { Retained } from '@tickstock/event-log'
import { DurationHistogram, type DurationSeries } from '@tickstock/service-kit'
import { Counter, Gauge, type Registry } from 'prom-client'

/** What operators see of the service, besides requests and the process. */
export interface Instruments {
  readonly ingested: Counter<'source'>
  readonly appended: Counter<'channel'>
  readonly duplicates: Counter<'channel'>
  readonly deadLetters: Counter<'reason'>
  readonly overflowed: Counter<'queue'>
  readonly gaps: Counter<'channel' | 'reason'>
  readonly applied: Counter<'channel'>
  readonly late: Counter<'channel'>
  readonly universeReads: Counter<'how'>
  readonly scans: DurationSeries
}

/** Numbers that are looked up when they are asked for. */
export interface Gauges {
  readonly queued: () => number
  /** Connections to the producers that were lost. */
  readonly drops: () => number
  /** For how long in all producers were not heard, seconds. */
  readonly deaf: () => number
  readonly live: () => number
  readonly evicted: () => number
  /** Since the log was last read, seconds. */
  readonly lag: () => number
}

export function createInstruments(registry: Registry): Instruments {
  const registers = [registry]
  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Counter({ name: `pattern_query_${name}_total`, help, labelNames: [...labelNames], registers })
  return {
    ingested: counter('ingested', 'Payloads that came in', ['source']),
    appended: counter('appended', 'Events appended to the log by this replica', ['channel']),
    duplicates: counter('duplicates', 'Events that were in the log already', ['channel']),
    deadLetters: counter('dead_letters', 'Payloads that were refused', ['reason']),
    overflowed: counter('overflowed', 'Payloads lost because a queue was full', ['queue']),
    gaps: counter('gaps', 'Gaps of the log, each followed by a rebuild of the channel', ['channel', 'reason']),
    late: counter('late', 'Entries of the log that came too late to change anything', ['channel']),
    applied: counter('applied', 'Entries of the log applied to the view', ['channel']),
    universeReads: counter('universe_reads', 'Watchlists and saved filters that scans named, by how they were had', [
      'how'
    ]),
    scans: new DurationHistogram({
      name: 'pattern_query_scan_seconds',
      help: 'Time to find and join one page, without HTTP',
      buckets: [0.000005, 0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.01],
      registers
    }).series({})
  }
}

export function registerGauges(registry: Registry, gauges: Gauges): void {
  const gauge = (name: string, help: string, value: () => number) =>
    new Gauge({
      name: `pattern_query_${name}`,
      help,
      registers: [registry],
      collect() {
        this.set(value())
      }
    })
  gauge('queued', 'Events that wait to be appended', gauges.queued)
  gauge('pubsub_drops', 'Subscriptions to the producers that were lost since the start', gauges.drops)
  gauge('pubsub_deaf_seconds', 'Time for which producers were not heard, since they first were', gauges.deaf)
  gauge('live_patterns', 'Patterns in the view', gauges.live)
  gauge('evicted_patterns', 'Patterns expired early because there were too many', gauges.evicted)
  gauge('log_lag_seconds', 'Time since every log was read with success', gauges.lag)
}

/** How many scans were answered, and how many of them from an answer that still held. */
export function registerScanCounts(
  registry: Registry,
  scans: { readonly answered: number; readonly remembered: number }
): void {
  new Counter({
    name: 'pattern_query_scans_total',
    help: 'Scans answered, by whether an equal one was answered before and nothing had touched it since',
    labelNames: ['remembered'],
    registers: [registry],
    collect() {
      this.reset()
      this.inc({ remembered: 'yes' }, scans.remembered)
      this.inc({ remembered: 'no' }, scans.answered - scans.remembered)
    }
  })
}

/** What each log holds, and what was cut off it by whichever replica: the logs' own figures, so that every replica says the same. */
export function registerRetention(registry: Registry, retainedOf: (channel: Channel) => Retained | undefined): void {
  const figure = (
    Figure: typeof Gauge<'channel'> | typeof Counter<'channel'>,
    name: string,
    help: string,
    value: (retained: Retained) => number
  ) =>
    new Figure({
      name: `pattern_query_log_${name}`,
      help,
      labelNames: ['channel'],
      registers: [registry],
      collect() {
        this.reset()
        for (const channel of CHANNELS) {
          const retained = retainedOf(channel)
          if (retained) this.inc({ channel }, value(retained))
        }
      }
    })
  figure(Gauge, 'entries', 'Entries of the log', ({ length }) => length)
  figure(Gauge, 'oldest_age_seconds', 'Age of the oldest entry of the log', ({ oldestAgeMs }) => oldestAgeMs / 1_000)
  figure(Counter, 'cut_total', 'Entries ever cut off the log, by all replicas', ({ cut }) => cut)
  figure(
    Counter,
    'cut_unread_total',
    'Entries among them that a gateway had not acknowledged: the log had reached its hard length',
    ({ cutUnread }) => cutUnread
  )
}
