import { randomUUID } from 'node:crypto'
import { UNIVERSE_EPOCH_KEY } from '@tickstock/contracts'
import { backOff, Outage } from '@tickstock/event-log'
import { connectRedis, type Logger } from '@tickstock/service-kit'
import type { Redis } from 'ioredis'
import type { WayToRedis } from './cache-entries.ts'

/** How long Redis may keep a request waiting, ms. */
const PATIENCE = {
  /** For what spares a query of a few ms. */
  read: 50,
  /** For what keeps others from reading what is no longer so. */
  write: 500
} as const

/** So many reads in a row without an answer in time, and Redis counts as away: waiting for each would cost more than the cache spares. */
const MUTE_AFTER = 5

class NoAnswerError extends Error {
  // As connections that are lost: no more is wrong than this.
  override readonly name = 'AbortError'
}

export interface CacheLinkOptions {
  readonly url: string
  readonly logger: Logger
  /** Told when everything in the cache was declared void, and it can be used. */
  readonly voided: () => void
}

/**
 * The way to the cache, or none: whoever cannot use it does without.
 *
 * A replica that could not reach Redis does not know what it missed there: its own writes could not be told, and Redis may
 * have come back as it was a while ago. So before it trusts the cache again it begins a new epoch, which makes everything
 * void that anybody has put there.
 */
export class CacheLink implements WayToRedis {
  readonly #redis: Redis
  readonly #voided: () => void
  readonly #outage: Outage
  readonly #closing = new AbortController()
  #trusted = false
  #renewing: Promise<void> | undefined
  #mute = 0

  constructor({ url, logger, voided }: CacheLinkOptions) {
    this.#voided = voided
    this.#outage = new Outage(logger, 'the cache')
    this.#redis = connectRedis({
      url,
      name: 'user-universe:cache',
      logger,
      commandTimeout: PATIENCE.write,
      enableOfflineQueue: false
    })
    this.#redis.on('ready', () => this.#renew())
    this.#redis.on('close', () => {
      this.#trusted = false
    })
  }

  get trusted(): boolean {
    return this.#trusted
  }

  /**
   * What Redis answers.
   *
   * @throws what ioredis throws, and an error of a lost connection where the cache is not trusted
   */
  async command<Reply>(command: (redis: Redis) => Promise<Reply>): Promise<Reply> {
    if (!this.#trusted) throw new NoAnswerError('Redis is away')
    return command(this.#redis)
  }

  /** What Redis answers in time to a read, else undefined: the cache is then of no use for this one. Never throws. */
  async read<Reply>(command: (redis: Redis) => Promise<Reply>): Promise<Reply | undefined> {
    if (!this.#trusted) return undefined
    try {
      const reply = await within(PATIENCE.read, command(this.#redis))
      this.#mute = 0
      return reply
    } catch (error) {
      this.#outage.failed(error)
      this.#mute += 1
      if (this.#mute >= MUTE_AFTER) this.#distrust()
      return undefined
    }
  }

  /** What Redis answers to a write, or undefined if that is not certain to be done: then all becomes void as soon as can be. Never throws. */
  async write<Reply>(command: (redis: Redis) => Promise<Reply>): Promise<Reply | undefined> {
    if (!this.#trusted) return undefined
    try {
      return await command(this.#redis)
    } catch (error) {
      this.#outage.failed(error)
      this.#distrust()
      return undefined
    }
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#redis.disconnect()
    await this.#renewing
  }

  #distrust() {
    this.#trusted = false
    this.#renew()
  }

  #renew() {
    this.#renewing ??= this.#beginEpoch().finally(() => {
      this.#renewing = undefined
    })
  }

  /** While there is no connection there is nothing to do: the next one begins it again. */
  async #beginEpoch() {
    for (let failures = 0; this.#redis.status === 'ready' && !this.#trusted; failures += 1) {
      try {
        await this.#redis.set(UNIVERSE_EPOCH_KEY, randomUUID())
        this.#mute = 0
        this.#trusted = true
        this.#outage.over()
        this.#voided()
      } catch (error) {
        this.#outage.failed(error)
        await backOff(failures, this.#closing.signal)
      }
    }
  }
}

async function within<Reply>(ms: number, reply: Promise<Reply>): Promise<Reply> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new NoAnswerError(`no answer within ${ms} ms`)), ms)
  try {
    return await Promise.race([reply, promise])
  } finally {
    clearTimeout(timer)
  }
}
