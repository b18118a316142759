import { Type } from '@sinclair/typebox'
import {
  type Channel,
  END_REMEMBERED_MS,
  type EncodedEvent,
  encodeEvent,
  forgetKey,
  GATEWAY_GROUP_PREFIX,
  headKey,
  LIVE_REMEMBERED_MS,
  logKey,
  momentOf,
  type PatternEvent,
  Position,
  STATES_REMEMBERED,
  seenKey,
  statesKey,
  thresholdValuesOf
} from '@tickstock/contracts'
import { newEpoch } from './epoch.ts'
import type { RedisClient } from './redis-client.ts'
import { replication } from './replication.ts'
import { Script } from './script.ts'
import { UnexpectedReplyError } from './unexpected-reply-error.ts'

export interface LogWriterOptions {
  /** Must not be used for blocking reads. */
  readonly redis: RedisClient
  readonly channel: Channel
  /** How long an event's id is remembered, ms. Default: 24 hours. */
  readonly windowMs?: number | undefined
  /**
   * Entries beyond which the oldest are cut, whoever has not read them; looked at once in 128 entries. Below it nothing is cut here: see {@link LogRetention}.
   * Default: 2,000,000.
   */
  readonly hardLength?: number | undefined
  /** Patterns whose state is remembered: beyond that the ones due first are forgotten early. Default: 1,000,000. */
  readonly statesRemembered?: number | undefined
  /** Replicas of Redis that must have an event before it counts as appended. Default: 0. */
  readonly replicas?: number | undefined
}

export type AppendResult =
  | { readonly result: 'appended'; readonly position: Position }
  | { readonly result: 'duplicate' }

const append = new Script({
  file: new URL('../lua/append.lua', import.meta.url),
  keys: ['log', 'head', 'seen', 'states', 'forget'],
  args: [
    'newEpoch',
    'windowMs',
    'hardLength',
    'readers',
    'knownEpoch',
    'knownOffset',
    'endRememberedMs',
    'liveRememberedMs',
    'statesRemembered'
  ],
  reply: Type.Tuple([Position.properties.epoch, Position.properties.offset, Type.Array(Type.Integer({ minimum: 0 }))])
})

const DAY = 24 * 60 * 60 * 1000

/** How long replicas may take to have what was appended, ms. */
const REPLICATED_WITHIN = 1_000

/** Events appended by one call: a script holds Redis for as long as it runs, and these take it less than a millisecond. */
export const APPENDED_AT_ONCE = 128

/**
 * Appends events to the log of one channel, atomically: the script finds duplicates, decides the epoch, counts the offsets, and says what each event
 * changes.
 */
export class LogWriter {
  readonly #redis: RedisClient
  readonly #keys: Readonly<Record<'log' | 'head' | 'seen' | 'states' | 'forget', string>>
  readonly #windowMs: number
  readonly #hardLength: number
  readonly #statesRemembered: number
  readonly #replicas: number
  #known: Position = { epoch: '', offset: 0 }

  constructor({
    redis,
    channel,
    windowMs = DAY,
    hardLength = 2_000_000,
    statesRemembered = STATES_REMEMBERED,
    replicas = 0
  }: LogWriterOptions) {
    this.#redis = redis
    this.#keys = {
      log: logKey(channel),
      head: headKey(channel),
      seen: seenKey(channel),
      states: statesKey(channel),
      forget: forgetKey(channel)
    }
    this.#windowMs = windowMs
    this.#hardLength = hardLength
    this.#statesRemembered = statesRemembered
    this.#replicas = replicas
  }

  /** Appends one event: see {@link appendAll}. */
  async append(event: PatternEvent): Promise<AppendResult> {
    const [result] = await this.appendAll([encodeEvent(event)])
    if (result) return result
    throw new UnexpectedReplyError('append.lua did not say what became of the event')
  }

  /**
   * Appends events in their order, except duplicates: those whose id was appended within the window or earlier in the call, and which are not
   * newer than what is known of their pattern. When it resolves, Redis has the others; the results are in the order of the events.
   *
   * A call that failed may have appended the first few all the same; to repeat it is safe, for they are then duplicates.
   * Calls handed in without waiting keep their order as long as none fails.
   *
   * @param events at most {@link APPENDED_AT_ONCE}
   * @throws what ioredis throws; `isRetryable` tells whether the same call may succeed later. RangeError for too many
   */
  async appendAll(events: readonly EncodedEvent[]): Promise<readonly AppendResult[]> {
    if (events.length > APPENDED_AT_ONCE) throw new RangeError(`${events.length} events at once are too many`)
    if (events.length === 0) return []
    const known = this.#known
    const replicated = this.#replication()
    const [epoch, head, offsets] = await append.run(
      this.#redis,
      this.#keys,
      {
        newEpoch: newEpoch(),
        windowMs: this.#windowMs,
        hardLength: this.#hardLength,
        readers: GATEWAY_GROUP_PREFIX,
        knownEpoch: known.epoch,
        knownOffset: known.offset,
        endRememberedMs: END_REMEMBERED_MS,
        liveRememberedMs: LIVE_REMEMBERED_MS,
        statesRemembered: this.#statesRemembered
      },
      events.flatMap(argsOf)
    )
    // Replies to calls in flight together arrive in order of execution, so the last one is the newest.
    this.#known = { epoch, offset: head }
    await replicated?.(offsets.includes(0))
    return offsets.map(offset =>
      offset === 0 ? { result: 'duplicate' } : { result: 'appended', position: { epoch, offset } }
    )
  }

  /** For before a call; what it returns, for after it. */
  #replication() {
    if (this.#replicas === 0) return undefined
    const redis = this.#redis
    const { head } = this.#keys
    const replicated = replication(redis, head, { count: this.#replicas, withinMs: REPLICATED_WITHIN })
    return async (hasDuplicates: boolean) => {
      // A duplicate was written by another connection, or by one that is lost: with a write of this one it is waited for too.
      if (hasDuplicates) await redis.hset(head, 'awaited', Date.now())
      await replicated()
    }
  }
}

/** What the script needs of an event. An expiry has neither values nor a time at which it ends. */
function argsOf({ event, json }: EncodedEvent): (string | number)[] {
  const about = [event.id, json, event.pattern.id, momentOf(event)]
  if (event.kind === 'pattern_expired') return [...about, '', 0]
  return [...about, JSON.stringify(thresholdValuesOf(event.pattern)), event.pattern.expires_at]
}
