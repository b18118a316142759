import { Type } from '@sinclair/typebox'
import {
  type Channel,
  checkOf,
  OFFSETS_KEPT,
  Pattern,
  type Position,
  UNIFIED_KEY,
  UNIFIED_POSITIONS_KEY,
  unifiedStatesKey
} from '@tickstock/contracts'
import { type RedisClient, Script } from '@tickstock/event-log'
import type { Change, Folded } from '../domain/view/fold.ts'
import { rowOf } from '../domain/view/live-state.ts'
import {
  everySecond,
  keysOf,
  placeOf,
  projectedPosition,
  readPosition,
  SCRIPT_KEYS,
  writePosition
} from './unified-position.ts'

/** 'other_epoch': {@link UnifiedPatterns.restart} the channel first. 'behind': Redis has lost what was projected, the channel must be loaded again. */
export type ProjectResult = 'projected' | 'other_epoch' | 'behind'

const RESULTS = ['projected', 'present', 'other_epoch', 'behind'] as const

const project = new Script({
  file: new URL('../../lua/project.lua', import.meta.url),
  keys: SCRIPT_KEYS,
  args: ['channel', 'own', 'epoch', 'after', 'last', 'logTime', 'endsFrom', 'offsetsKept'],
  reply: Type.Union(RESULTS.map(result => Type.Literal(result)))
})
const forget = new Script({
  file: new URL('../../lua/forget.lua', import.meta.url),
  keys: SCRIPT_KEYS,
  args: ['channel', 'own', 'expected', 'next'],
  reply: Type.Union([Type.Literal('forgotten'), Type.Literal('superseded')])
})
const livePattern = checkOf(Pattern)

/** Patterns forgotten in one step: a millisecond or two of Redis' time. */
const FORGET_STEP = 200

/**
 * The live patterns as any Redis client reads them: `tickstock:patterns:unified`. Every replica projects every entry; the position beside the ZSET
 * lets each entry in once.
 */
export class UnifiedPatterns {
  readonly #redis: RedisClient
  /** Channels in which another replica was first, the last time. */
  readonly #overtaken = new Set<Channel>()

  constructor({ redis }: { readonly redis: RedisClient }) {
    this.#redis = redis
  }

  /**
   * Brings what entries did into Redis. Those that any replica has brought already change nothing. One call takes Redis about 10 µs a change; calls
   * given without waiting keep their order.
   */
  async project(channel: Channel, folded: Folded): Promise<ProjectResult> {
    if (folded.offset === folded.after) return 'projected'
    if (this.#overtaken.has(channel) && (await this.#has(channel, folded))) return 'projected'
    const { epoch, after, offset, logTime, endsFrom, changes } = folded
    const result = await project.run(
      this.#redis,
      keysOf(channel),
      { channel, own: placeOf(channel), epoch, after, last: offset, logTime, endsFrom, offsetsKept: OFFSETS_KEPT },
      changes.flatMap(argsOf)
    )
    if (result === 'present') this.#overtaken.add(channel)
    else this.#overtaken.delete(channel)
    return result === 'present' ? 'projected' : result
  }

  /** Empties a channel whose log has another epoch, and lets it be projected from `to` on. Replicas may all do so at once. */
  async restart(channel: Channel, to: Position): Promise<void> {
    const expected = (await this.#redis.hget(UNIFIED_POSITIONS_KEY, channel)) ?? ''
    if (readPosition(expected)?.epoch === to.epoch) return
    const step = (next: string, found: readonly string[]) =>
      forget.run(this.#redis, keysOf(channel), { channel, own: placeOf(channel), expected, next }, found)

    for await (const page of this.#redis.hscanStream(unifiedStatesKey(channel), { count: FORGET_STEP })) {
      const ids = everySecond(page).flatMap(id => [id, ''])
      if (ids.length > 0 && (await step('', ids)) === 'superseded') return
    }
    for await (const page of this.#redis.zscanStream(UNIFIED_KEY, { count: FORGET_STEP })) {
      const members = everySecond(page).flatMap(member => membersOf(channel, member))
      if (members.length > 0 && (await step('', members)) === 'superseded') return
    }
    await step(writePosition({ ...to, logTime: 0, endsFrom: 0 }), [])
  }

  /** Spares Redis what another replica has brought: where one was first, it mostly is again. */
  async #has(channel: Channel, { epoch, offset }: Position): Promise<boolean> {
    const position = await projectedPosition(this.#redis, channel)
    return position?.epoch === epoch && position.offset >= offset
  }
}

function argsOf(change: Change): (string | number)[] {
  const { offset, id, revived } = change
  if ('end' in change) return [offset, id, change.end.moment, '', '', change.end.at]
  const { pattern } = change.state
  return [offset, id, pattern.updated_at, revived ? '1' : '', pattern.confidence, rowOf(change.state)]
}

/** Of a member of the ZSET its id and itself, where it is a pattern of the channel: one that no state stands behind is left over from another release. */
function membersOf(channel: Channel, member: string): string[] {
  const pattern = livePattern.read(member)
  return pattern?.channel === channel ? [pattern.id, member] : []
}
