import { channelOfProducer, PRODUCER_CHANNELS } from '@tickstock/contracts'
import type { Logger } from '@tickstock/service-kit'
import type { Redis } from 'ioredis'
import { backOff } from './back-off.ts'
import type { Arrival } from './ingest.ts'

export interface PubSubFeedOptions {
  /** Makes a connection with a time-out for commands: it only subscribes and pings. Owned by the feed. */
  readonly connect: () => Redis
  readonly take: (arrival: Arrival) => void
  readonly logger: Logger
  /** A subscriber hears nothing from a connection that died without a word, so it asks, every so many ms. Default: 5,000. */
  readonly pingMs?: number
}

/**
 * Hears what producers publish. At most once: what is published while nobody listens is gone, which the inbox is for.
 *
 * Each message is understood and queued as it is read, some 15 µs: a burst never stays in Redis' output buffer, which is cut at 32 MB.
 */
export class PubSubFeed {
  readonly #redis: Redis
  readonly #logger: Logger
  readonly #pings: NodeJS.Timeout
  #subscribed = false

  constructor({ connect, take, logger, pingMs = 5_000 }: PubSubFeedOptions) {
    this.#redis = connect()
    this.#logger = logger
    this.#redis.on('messageBuffer', (name: Buffer, payload: Buffer) => {
      const origin = name.toString()
      take({ payload, origin, channel: channelOfProducer(origin) })
    })
    this.#pings = setInterval(() => void this.#ping(), pingMs)
  }

  /** Whether producers have been heard since the start; it stays true while the connection is renewed. */
  get subscribed(): boolean {
    return this.#subscribed
  }

  /** Subscribes, and tries again until Redis has confirmed or it is aborted; later connections subscribe by themselves. */
  async start(abort: AbortSignal): Promise<void> {
    for (let failures = 1; !abort.aborted; failures++) {
      try {
        await this.#redis.subscribe(...PRODUCER_CHANNELS)
        this.#subscribed = true
        return
      } catch (error) {
        this.#logger.warn({ err: error, failures }, 'not subscribed yet')
        await backOff(failures, abort)
      }
    }
  }

  stop(): void {
    clearInterval(this.#pings)
    this.#redis.disconnect()
  }

  async #ping() {
    if (this.#redis.status !== 'ready') return
    try {
      await this.#redis.ping()
    } catch (error) {
      this.#logger.warn({ err: error }, 'the subscription does not answer: connecting again')
      this.#redis.disconnect(true)
    }
  }
}
