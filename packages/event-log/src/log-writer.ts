import { Type } from '@sinclair/typebox'
import { type Channel, headKey, logKey, type PatternEvent, Position, seenKey } from '@tickstock/contracts'
import { newEpoch } from './epoch.ts'
import type { RedisClient } from './redis-client.ts'
import { Script } from './script.ts'

export interface LogWriterOptions {
  /** Must not be used for blocking reads. */
  readonly redis: RedisClient
  readonly channel: Channel
  /** How long an event's id is remembered, ms. Default: 24 hours. */
  readonly windowMs?: number | undefined
  /** Entries kept, approximately (Redis trims whole nodes, so never fewer). Default: 1,000,000. */
  readonly maxLength?: number | undefined
}

export type AppendResult =
  | { readonly result: 'appended'; readonly position: Position }
  | { readonly result: 'duplicate' }

const append = new Script({
  file: new URL('../lua/append.lua', import.meta.url),
  keys: ['log', 'head', 'seen'],
  args: ['eventId', 'event', 'newEpoch', 'windowMs', 'maxLength', 'knownEpoch', 'knownOffset'],
  reply: Type.Tuple([
    Type.Union([Type.Literal('appended'), Type.Literal('duplicate')]),
    Position.properties.epoch,
    Position.properties.offset
  ])
})

const DAY = 24 * 60 * 60 * 1000

/**
 * Appends events to the log of one channel, atomically: the script finds duplicates, decides the epoch and counts the offset.
 *
 * On one core each, 40,000 events of 450 bytes: 28,000/s one at a time, 73,000/s with 64 in flight, 90,000/s with 512, 81,000/s
 * from four connections (Redis is then the limit: 11 µs an append, of which a bare XADD is 3.6).
 */
export class LogWriter {
  readonly #redis: RedisClient
  readonly #keys: Readonly<Record<'log' | 'head' | 'seen', string>>
  readonly #windowMs: number
  readonly #maxLength: number
  #known: Position = { epoch: '', offset: 0 }

  constructor({ redis, channel, windowMs = DAY, maxLength = 1_000_000 }: LogWriterOptions) {
    this.#redis = redis
    this.#keys = { log: logKey(channel), head: headKey(channel), seen: seenKey(channel) }
    this.#windowMs = windowMs
    this.#maxLength = maxLength
  }

  /**
   * Appends an event unless its id was appended within the window. When it resolves, Redis has it.
   *
   * A call that failed may have appended all the same; to repeat it is safe, for the repetition is then a duplicate.
   * Calls handed in without waiting keep their order as long as none fails.
   *
   * @throws what ioredis throws; `isRetryable` tells whether the same call may succeed later
   */
  async append(event: PatternEvent): Promise<AppendResult> {
    const known = this.#known
    const [result, epoch, offset] = await append.run(this.#redis, this.#keys, {
      eventId: event.id,
      event: JSON.stringify(event),
      newEpoch: newEpoch(),
      windowMs: this.#windowMs,
      maxLength: this.#maxLength,
      knownEpoch: known.epoch,
      knownOffset: known.offset
    })
    const position = { epoch, offset }
    // Replies to calls in flight together arrive in order of execution, so the last one is the newest.
    this.#known = position
    return result === 'appended' ? { result, position } : { result }
  }
}
