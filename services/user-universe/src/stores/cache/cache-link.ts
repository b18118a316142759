import { randomUUID } from 'node:crypto'
import { UNIVERSE_EPOCH_KEY } from '@tickstock/contracts'
import { backOff, isRetryable, Outage, type RedisClient } from '@tickstock/event-log'
import { connectRedis, type Logger } from '@tickstock/service-kit'
import { ReplyError } from 'ioredis'
import type { WayToRedis } from './cache-entries.ts'

/** How long Redis may keep a request waiting, ms. */
export interface CacheTimeouts {
  /** For what spares a query of a few ms. */
  readonly read: number
  /** For what keeps others from reading what is no longer so. */
  readonly write: number
}

export const CACHE_TIMEOUTS: CacheTimeouts = { read: 50, write: 500 }

class NoAnswerError extends Error {
  // As connections that are lost: no more is wrong than this.
  override readonly name = 'AbortError'
}

export interface CacheLinkOptions {
  readonly url: string
  readonly logger: Logger
  /** Told when everything in the cache was declared void, and it can be used. */
  readonly voided: () => void
  /** Default: `CACHE_TIMEOUTS`. */
  readonly timeouts?: CacheTimeouts | undefined
}

/**
 * The way to the cache, or none: whoever cannot use it does without.
 *
 * A replica that could not reach Redis does not know what it missed there: its own writes could not be told, and Redis may
 * have come back as it was a while ago. So before it trusts the cache again it begins a new epoch, which makes everything
 * void that anybody has put there.
 */
export class CacheLink implements WayToRedis {
  readonly #redis: RedisClient
  readonly #voided: () => void
  readonly #timeouts: CacheTimeouts
  readonly #outage: Outage
  readonly #closing = new AbortController()
  #trusted = false
  #renewing: Promise<void> | undefined
  /** Commands without an answer for longer than a read waits. */
  #overdue = 0

  constructor({ url, logger, voided, timeouts = CACHE_TIMEOUTS }: CacheLinkOptions) {
    this.#voided = voided
    this.#timeouts = timeouts
    this.#outage = new Outage(logger, 'the cache')
    this.#redis = connectRedis({
      url,
      name: 'user-universe:cache',
      logger,
      commandTimeout: timeouts.write,
      enableOfflineQueue: false
    })
    this.#redis.on('ready', () => this.#renew())
    this.#redis.on('close', () => {
      this.#trusted = false
    })
    // A node of a cluster is gone, or another has taken its place, which may not have had its end.
    for (const event of ['-node', '+node']) this.#redis.on(event, () => this.#distrust())
  }

  get trusted(): boolean {
    return this.#trusted
  }

  /**
   * What Redis answers.
   *
   * @throws what ioredis throws, and an error of a lost connection where the cache is not trusted
   */
  async command<Reply>(command: (redis: RedisClient) => Promise<Reply>): Promise<Reply> {
    if (!this.#trusted) throw new NoAnswerError('Redis is away')
    return this.#sent(command)
  }

  /** What Redis answers in time to a read, else undefined: the cache is then of no use for this one. Never throws. */
  async read<Reply>(command: (redis: RedisClient) => Promise<Reply>): Promise<Reply | undefined> {
    if (!this.#trusted || this.#overdue > 0) return undefined
    const mute = Promise.withResolvers<never>()
    const late = () => mute.reject(new NoAnswerError(`no answer within ${this.#timeouts.read} ms`))
    try {
      return await Promise.race([this.#sent(command, late), mute.promise])
    } catch (error) {
      this.#outage.failed(error)
      return undefined
    }
  }

  /** What Redis answers to a write, or undefined if that is not certain to be done: then all becomes void as soon as can be. Never throws. */
  async write<Reply>(command: (redis: RedisClient) => Promise<Reply>): Promise<Reply | undefined> {
    if (!this.#trusted) return undefined
    try {
      return await this.#sent(command)
    } catch (error) {
      this.#outage.failed(error)
      this.#distrust()
      return undefined
    }
  }

  /**
   * Sends a command, and takes note while it is overdue. A Redis that was mute goes on with one connection after the other: what waits here longer than
   * a write of another replica is then answered as of before that write, though this one was acknowledged meanwhile.
   */
  async #sent<Reply>(command: (redis: RedisClient) => Promise<Reply>, late?: () => void): Promise<Reply> {
    let isLate = false
    const timer = setTimeout(() => {
      isLate = true
      this.#overdue += 1
      late?.()
    }, this.#timeouts.read)
    try {
      return await command(this.#redis)
    } catch (error) {
      // A reply of a Redis that is in charge no more, or not yet, is as good as none.
      if (!(error instanceof ReplyError) || isRetryable(error)) this.#distrust()
      throw error
    } finally {
      clearTimeout(timer)
      if (isLate) this.#overdue -= 1
      if (isLate && this.#overdue === 0 && this.#trusted) this.#outage.over()
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
    // A connection to a mute Redis stays ready for a while after it was told to end.
    const isOver = () => this.#trusted || this.#closing.signal.aborted || this.#redis.status !== 'ready'
    for (let failures = 0; !isOver(); failures += 1) {
      try {
        await this.#redis.set(UNIVERSE_EPOCH_KEY, randomUUID())
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
