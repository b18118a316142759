import { DEAD_LETTER_KEY } from '@tickstock/contracts'
import type { Redis } from 'ioredis'

/** What could not be understood or appended. */
export interface DeadLetter {
  /** One word. */
  readonly reason: string
  /** The pub/sub channel, or the inbox's entry. */
  readonly origin: string
  /** The bytes as they came. */
  readonly payload: Buffer
}

/** Kept, approximately; older ones go. */
const LETTERS_KEPT = 10_000

/** Bytes kept of a payload: more than any event has. */
const PAYLOAD_KEPT = 64 * 1024

/**
 * What was refused, with the reason and the original bytes, so that it can be replayed after a fix.
 * A payload that was cut has a field `truncated`: how many bytes it had.
 */
export class DeadLetters {
  readonly #redis: Redis

  constructor(redis: Redis) {
    this.#redis = redis
  }

  async add({ reason, origin, payload }: DeadLetter): Promise<void> {
    const kept = payload.subarray(0, PAYLOAD_KEPT)
    const fields = ['reason', reason, 'origin', origin, 'payload', kept]
    if (kept.length < payload.length) fields.push('truncated', `${payload.length}`)
    await this.#redis.xadd(DEAD_LETTER_KEY, 'MAXLEN', '~', LETTERS_KEPT, '*', ...fields)
  }
}
