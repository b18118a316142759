import { CHANNELS, INBOX_KEY, producerChannel } from '@tickstock/contracts'
import { type Teardown, until } from '@tickstock/test-kit'
import { Redis } from 'ioredis'
import { ProducerEvents } from './producer-events.ts'
import type { Randomness } from './randomness.ts'

/** Between two turns, ms. */
const TURN = 20
/** Events without an answer at which it waits, as a producer with bounded memory does. */
const MOST_UNANSWERED = 5_000
const DURABLE = 0.8
const REPEATED = 0.05

export interface ProducerOptions {
  /** Straight to Redis: what befalls the services' connections does not befall it. */
  readonly url: string
  readonly random: Randomness
}

/**
 * Publishes as TickStockPL does: most into the inbox, until Redis says that it has it, some by pub/sub, some both ways, some twice.
 * What was acknowledged must end in the log.
 */
export class Producer {
  readonly #redis: Redis
  readonly #random: Randomness
  readonly #events: ProducerEvents
  readonly #unanswered = new Set<string>()
  readonly #acknowledged = new Set<string>()
  readonly #excused = new Set<string>()
  #timer: NodeJS.Timeout | undefined
  #published = 0
  #failure: unknown

  constructor(t: Teardown, { url, random }: ProducerOptions) {
    // It goes on asking until it is told: to say an event twice is safe.
    this.#redis = new Redis(url, { maxRetriesPerRequest: null, retryStrategy: () => 50 })
    this.#redis.on('error', () => undefined)
    this.#random = random
    this.#events = new ProducerEvents(random.fork('events'))
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
    if (this.#failure !== undefined) throw this.#failure
  }

  /** Redis itself is made to forget: what was said up to now may be gone, and nobody is to blame. */
  excuse(): void {
    for (const flow of [...this.#acknowledged, ...this.#unanswered]) this.#excused.add(flow)
  }

  close(): void {
    clearInterval(this.#timer)
    this.#redis.disconnect()
  }

  #produce(): void {
    const channel = this.#random.pick(CHANNELS)
    const { flow, json } = this.#events.next(channel, Date.now())
    this.#published += 1
    const durable = this.#random.chance(DURABLE)
    const repeated = this.#random.chance(REPEATED)
    if (!durable || repeated) this.#redis.publish(producerChannel(channel), json).catch(this.#failed)
    if (!durable) return
    this.#unanswered.add(flow)
    const posted = Array.from({ length: repeated ? 2 : 1 }, () =>
      this.#redis.xadd(INBOX_KEY, '*', 'channel', channel, 'event', json)
    )
    Promise.all(posted).then(() => {
      this.#unanswered.delete(flow)
      this.#acknowledged.add(flow)
    }, this.#failed)
  }

  readonly #failed = (error: unknown) => {
    // A connection that is closed with the run leaves answers open; anything else is told by `stop`.
    if (this.#redis.status !== 'end') this.#failure ??= error
  }
}
