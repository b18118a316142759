import { setTimeout as delay } from 'node:timers/promises'
import { CHANNELS, type Channel, INBOX_KEY, producerChannel } from '@tickstock/contracts'
import { openRedis, type RedisClient } from '@tickstock/event-log'
import { type Teardown, until } from '@tickstock/test-kit'
import { ProducerEvents } from './producer-events.ts'
import type { Randomness } from './randomness.ts'

/** Between two turns, ms. */
const TURN = 20
/** Events without an answer at which it waits, as a producer with bounded memory does. */
const MOST_UNANSWERED = 5_000
const BURST_AT_ONCE = 100
const DURABLE = 0.8
const REPEATED = 0.05
/** Until it says again what nobody answered to, ms. */
const SAID_AGAIN_AFTER = 100
const COMMAND_TIMEOUT = 3_000

export interface ProducerOptions {
  /** Straight to Redis: what befalls the services' connections does not befall it. */
  readonly url: string
  readonly random: Randomness
  /** Of a pattern, seconds: at least, and at most. */
  readonly life?: readonly [least: number, most: number]
}

/** Patterns outlive a scenario, but for the short-lived. Seconds */
const LIFE = [600, 3_600] as const

/**
 * Publishes as TickStockPL does: most into the inbox, until Redis says that it has it, some by pub/sub, some both ways, some twice.
 * What was acknowledged must end in the log.
 */
export class Producer {
  readonly #redis: RedisClient
  readonly #random: Randomness
  readonly #events: ProducerEvents
  readonly #unanswered = new Set<string>()
  readonly #acknowledged = new Set<string>()
  readonly #excused = new Set<string>()
  /** In the log, as was seen, before Redis answered. */
  readonly #settled = new Set<string>()
  #timer: NodeJS.Timeout | undefined
  #published = 0
  #closed = false

  constructor(t: Teardown, { url, random, life = LIFE }: ProducerOptions) {
    this.#redis = openRedis({ url, name: 'chaos producer', commandTimeout: COMMAND_TIMEOUT })
    this.#redis.on('error', () => undefined)
    this.#random = random
    this.#events = new ProducerEvents(random.fork('events'), life)
    t.teardown(() => this.close())
  }

  /** Flows that a producer knows to be durable. */
  get durable(): readonly string[] {
    return [...this.#acknowledged].filter(flow => !this.#excused.has(flow))
  }

  get published(): number {
    return this.#published
  }

  /** @param rate events a second, over all channels */
  start(rate: number): void {
    const began = performance.now()
    const before = this.#published
    clearInterval(this.#timer)
    this.#timer = setInterval(() => {
      const due = ((performance.now() - began) * rate) / 1_000 - (this.#published - before)
      // After a pause it goes on at its rate rather than with all that is due at once, as a market does.
      for (let n = 0; n < Math.min(due, rate / 4); n++) if (this.#unanswered.size < MOST_UNANSWERED) this.#produce()
    }, TURN)
  }

  /** Stops, and waits until Redis has answered to everything. */
  async stop(within: number): Promise<void> {
    clearInterval(this.#timer)
    await until(() => this.#unanswered.size === 0, { within, what: 'answers to the producer' })
  }

  /** Flows that Redis says it has, by now. */
  acknowledged(): ReadonlySet<string> {
    return new Set(this.#acknowledged)
  }

  /** Redis itself is made to forget: what was said up to now may be gone, and nobody is to blame. @param safe but these must not */
  excuse(safe: ReadonlySet<string> = new Set()): void {
    for (const flow of [...this.#acknowledged, ...this.#unanswered]) if (!safe.has(flow)) this.#excused.add(flow)
  }

  /** These are in the log, as was seen: they need not be remembered. */
  settle(flows: Iterable<string>): void {
    for (const flow of flows)
      if (!this.#acknowledged.delete(flow) && this.#unanswered.has(flow)) this.#settled.add(flow)
  }

  /** Posts so many as fast as they are answered, beside its rate. */
  async burst(channel: Channel, events: number): Promise<void> {
    for (let left = events; left > 0; left -= BURST_AT_ONCE)
      await Promise.all(Array.from({ length: Math.min(left, BURST_AT_ONCE) }, () => this.#postNew(channel)))
  }

  /** Posts an event of the marker to each channel. */
  async mark(): Promise<void> {
    await Promise.all(CHANNELS.map(channel => this.#postNew(channel, true)))
  }

  close(): void {
    this.#closed = true
    clearInterval(this.#timer)
    this.#redis.disconnect()
  }

  #produce(): void {
    const channel = this.#random.pick(CHANNELS)
    const { flow, json } = this.#events.next(channel, Date.now())
    this.#published += 1
    const durable = this.#random.chance(DURABLE)
    const repeated = this.#random.chance(REPEATED)
    // At most once, as pub/sub is: what fails is gone.
    if (!durable || repeated) this.#redis.publish(producerChannel(channel), json).catch(() => undefined)
    if (durable) void this.#post(flow, channel, json, repeated ? 2 : 1)
  }

  async #postNew(channel: Channel, isMarker = false): Promise<void> {
    const now = Date.now()
    const { flow, json } = isMarker ? this.#events.marker(channel, now) : this.#events.next(channel, now)
    await this.#post(flow, channel, json, 1)
  }

  /** Says it until it is told that it is durable: to say an event twice is safe. */
  async #post(flow: string, channel: Channel, json: string, times: number): Promise<void> {
    this.#unanswered.add(flow)
    for (let told = 0; told < times && !this.#closed; ) {
      try {
        await this.#redis.xadd(INBOX_KEY, '*', 'channel', channel, 'event', json)
        told += 1
      } catch {
        await delay(SAID_AGAIN_AFTER)
      }
    }
    this.#unanswered.delete(flow)
    if (!this.#closed && !this.#settled.delete(flow)) this.#acknowledged.add(flow)
  }
}
