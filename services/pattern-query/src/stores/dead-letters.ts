import { type Channel, DEAD_LETTER_KEY } from '@tickstock/contracts'
import type { RedisClient } from '@tickstock/event-log'

/** What could not be understood or appended. */
export interface DeadLetter {
  /** One word. */
  readonly reason: string
  /** In words, what is wrong. */
  readonly detail: string
  /** The pub/sub channel, or the inbox's entry. */
  readonly origin: string
  /** The channel that the way in named: without it the bytes alone might mean another. */
  readonly channel: Channel | undefined
  /** The bytes as they came; of more than 64 KiB, the first. */
  readonly payload: Buffer
  /** Bytes that it had, where it was cut. */
  readonly truncated?: number
}

/** Kept, approximately; older ones go. */
const LETTERS_KEPT = 10_000

/** Bytes kept of a payload: more than any event has. */
const PAYLOAD_KEPT = 64 * 1024

/** A letter that costs no more than what is kept of it, also while it waits: a view of the bytes would keep all of them. */
export function letterOf(letter: Omit<DeadLetter, 'truncated'>): DeadLetter {
  const { payload } = letter
  if (payload.length <= PAYLOAD_KEPT) return letter
  return { ...letter, payload: Buffer.from(payload.subarray(0, PAYLOAD_KEPT)), truncated: payload.length }
}

/**
 * What was refused, with the reason and the original bytes, so that it can be replayed after a fix.
 * A payload that was cut has a field `truncated`: how many bytes it had.
 */
export class DeadLetters {
  readonly #redis: RedisClient

  constructor(redis: RedisClient) {
    this.#redis = redis
  }

  async add({ reason, detail, origin, channel, payload, truncated }: DeadLetter): Promise<void> {
    const fields = ['reason', reason, 'detail', detail, 'origin', origin, 'payload', payload]
    if (channel !== undefined) fields.push('channel', channel)
    if (truncated !== undefined) fields.push('truncated', `${truncated}`)
    await this.#redis.xadd(DEAD_LETTER_KEY, 'MAXLEN', '~', LETTERS_KEPT, '*', ...fields)
  }
}
