import { channelOfProducer, PRODUCER_CHANNELS } from '@tickstock/contracts'
import { backOff, Outage } from '@tickstock/event-log'
import { type Logger, logOutages } from '@tickstock/service-kit'
import type { Redis } from 'ioredis'
import type { EarlySubscription } from './early-subscription.ts'
import type { Arrival } from './ingest.ts'

export interface PubSubFeedOptions {
  /** Owned by the feed. Its commands have a time-out: it only subscribes and pings. */
  readonly subscription: EarlySubscription
  readonly take: (arrival: Arrival) => void
  readonly logger: Logger
  /** A subscriber hears nothing from a connection that died without a word, so it asks, every so many ms. Default: 5,000. */
  readonly pingMs?: number
}

/**
 * Hears what producers publish. At most once: what is published while nobody listens is gone, which the inbox is for; for how long that was, and
 * how often, is counted.
 *
 * Each message is understood and queued as it is read, some 15 µs: a burst never stays in Redis' output buffer, which is cut at 32 MB.
 */
export class PubSubFeed {
  readonly #redis: Redis
  readonly #outage: Outage
  readonly #pings: NodeJS.Timeout
  readonly #stop = new AbortController()
  #subscribed = false
  /** A ping is under way, or its connection is being closed. */
  #asking = false
  #drops = 0
  #deafMs = 0
  /** Since when nothing is heard that was heard before. */
  #deafSince: number | undefined

  constructor({ subscription, take, logger, pingMs = 5_000 }: PubSubFeedOptions) {
    this.#redis = subscription.redis
    logOutages(this.#redis, logger.child({ connection: 'pattern-query:pubsub' }))
    this.#outage = new Outage(logger, 'hearing the producers')
    subscription.handOver((name, payload) => {
      const origin = name.toString()
      take({ payload, origin, channel: channelOfProducer(origin) })
    })
    this.#redis.on('close', () => this.#dropped())
    // Once it was subscribed, every new connection subscribes again.
    this.#redis.on('ready', () => this.#subscribed && void this.#listen(this.#stop.signal))
    this.#pings = setInterval(() => void this.#ping(), pingMs)
  }

  /** Whether producers have been heard since the start; it stays true while the connection is renewed. */
  get subscribed(): boolean {
    return this.#subscribed
  }

  /** How often a connection that heard producers was lost. */
  get drops(): number {
    return this.#drops
  }

  /** For how long in all producers were not heard, since they first were, ms. */
  get deafMs(): number {
    return this.#deafMs + (this.#deafSince === undefined ? 0 : performance.now() - this.#deafSince)
  }

  /** Subscribes, and tries again until Redis has confirmed or it is aborted. */
  async start(abort: AbortSignal): Promise<void> {
    await this.#listen(AbortSignal.any([abort, this.#stop.signal]))
  }

  stop(): void {
    this.#stop.abort()
    clearInterval(this.#pings)
    this.#redis.disconnect()
  }

  async #listen(abort: AbortSignal) {
    for (let failures = 1; !abort.aborted; failures++) {
      try {
        await this.#redis.subscribe(...PRODUCER_CHANNELS)
        this.#heard()
        return
      } catch (error) {
        if (abort.aborted) return
        this.#outage.failed(error)
        // The connection after this one asks for itself.
        if (this.#subscribed && this.#redis.status !== 'ready') return
        await backOff(failures, abort)
      }
    }
  }

  #heard() {
    this.#subscribed = true
    this.#deafMs = this.deafMs
    this.#deafSince = undefined
    this.#outage.over()
  }

  #dropped() {
    if (!this.#subscribed || this.#deafSince !== undefined || this.#stop.signal.aborted) return
    this.#drops += 1
    this.#deafSince = performance.now()
    this.#outage.failed(new Error('the connection was lost'))
  }

  async #ping() {
    if (this.#redis.status !== 'ready' || this.#asking) return
    this.#asking = true
    try {
      await this.#redis.ping()
    } catch (error) {
      this.#outage.failed(error)
      // A dead peer does not answer to the end of a connection either: closed after two seconds, and not to be asked meanwhile.
      if (this.#redis.status === 'ready') {
        this.#redis.disconnect(true)
        await new Promise<void>(resolve => this.#redis.once('close', resolve))
      }
    } finally {
      this.#asking = false
    }
  }
}
