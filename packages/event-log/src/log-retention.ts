import { Type } from '@sinclair/typebox'
import { type Channel, GATEWAY_GROUP_PREFIX, headKey, logKey, type Position } from '@tickstock/contracts'
import type { RedisClient } from './redis-client.ts'
import { Script } from './script.ts'

export interface LogRetentionOptions {
  /** Must not be used for blocking reads. */
  readonly redis: RedisClient
  readonly channel: Channel
  /** Age beyond which entries go, ms, by Redis' clock. */
  readonly maxAgeMs: number
  /** Entries beyond which the oldest go. */
  readonly maxLength: number
  /**
   * How far the log was projected, undefined where it never was: nothing after it goes, and nothing at all where the log has another epoch. Asked
   * once by each {@link LogRetention.apply}. Default: it need not be.
   */
  readonly projected?: () => Promise<Position | undefined>
}

/** What a log holds, and what was cut off it, by whomever. */
export interface Retained {
  readonly length: number
  /** Age of the oldest entry, ms; 0 if there is none. */
  readonly oldestAgeMs: number
  /** Entries ever cut off. */
  readonly cut: number
  /** Those among them that some gateway's group had not acknowledged: the log had reached its hard length. */
  readonly cutUnread: number
}

const count = Type.Integer({ minimum: 0 })

const retain = new Script({
  file: new URL('../lua/retain.lua', import.meta.url),
  keys: ['log', 'head'],
  args: ['maxAgeMs', 'maxLength', 'readers', 'limit', 'projectedEpoch', 'projectedOffset'],
  reply: Type.Tuple([Type.Union([Type.Literal('more'), Type.Literal('done')]), count, count, count, count])
})

/** Entries cut by one call: 0.1 to 0.15 ms in which Redis does nothing else. */
const CUT_AT_ONCE = 1_000

/** What the script takes for a log that was never projected, and for one that need not be. */
const NEVER: Position = { epoch: '-', offset: 0 }
const NEEDLESS: Position = { epoch: '', offset: 0 }

/**
 * Keeps the log of one channel within an age and a length, and never cuts what the consumer group of a gateway has not acknowledged, or what was
 * not projected. What nobody reads any more is bounded by the hard length of {@link LogWriter}.
 */
export class LogRetention {
  readonly #options: LogRetentionOptions
  readonly #keys: Readonly<Record<'log' | 'head', string>>

  constructor(options: LogRetentionOptions) {
    this.#options = options
    this.#keys = { log: logKey(options.channel), head: headKey(options.channel) }
  }

  /**
   * Cuts off what may go, in short steps between which others are served. Any number of processes may do so at the same time.
   *
   * @param abort ends it after the step that is under way
   * @throws what ioredis and `projected` throw; what was cut before is cut, and to repeat the call is safe
   */
  async apply(abort?: AbortSignal): Promise<Retained> {
    const { redis, maxAgeMs, maxLength, projected } = this.#options
    const { epoch, offset } = projected ? ((await projected()) ?? NEVER) : NEEDLESS
    const limits = { maxAgeMs, maxLength, readers: GATEWAY_GROUP_PREFIX, limit: CUT_AT_ONCE }
    const args = { ...limits, projectedEpoch: epoch, projectedOffset: offset }
    for (;;) {
      const [left, length, oldestAgeMs, cut, cutUnread] = await retain.run(redis, this.#keys, args)
      if (left === 'done' || abort?.aborted) return { length, oldestAgeMs, cut, cutUnread }
    }
  }
}
