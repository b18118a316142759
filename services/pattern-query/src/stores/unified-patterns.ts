import { type Static, Type } from '@sinclair/typebox'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import {
  type Channel,
  type LogEntry,
  Pattern,
  type Position,
  UNIFIED_KEY,
  UNIFIED_MEMBERS_KEY,
  UNIFIED_POSITIONS_KEY
} from '@tickstock/contracts'
import { UnexpectedReplyError } from '@tickstock/event-log'
import type { Logger } from '@tickstock/service-kit'
import type { Redis } from 'ioredis'
import { RedisScript } from './redis-script.ts'

/** What the ZSET holds of one channel, and up to which entry of its log. */
export interface UnifiedSnapshot {
  readonly patterns: readonly Pattern[]
  /** undefined: the channel was never projected, or all is lost. */
  readonly position: Position | undefined
}

const KEYS = [UNIFIED_KEY, UNIFIED_MEMBERS_KEY, UNIFIED_POSITIONS_KEY] as const

const project = new RedisScript(
  'project',
  Type.Tuple([Type.Union([Type.Literal('projected'), Type.Literal('other_epoch')]), Type.Integer()])
)
const forget = new RedisScript('forget', Type.Union([Type.Literal('forgotten'), Type.Literal('superseded')]))

const Loaded = Type.Tuple([
  Type.Tuple([Type.Null(), Type.Union([Type.String(), Type.Null()])]),
  Type.Tuple([Type.Null(), Type.Array(Type.String())])
])
const loaded = TypeCompiler.Compile(Loaded)
const isPattern = TypeCompiler.Compile(Pattern)

/** Patterns forgotten in one step: a millisecond of Redis' time. */
const FORGET_STEP = 500

/**
 * The live patterns as any Redis client reads them: `tickstock:patterns:unified`. Every replica projects every entry; the position beside the ZSET
 * lets each entry in once.
 */
export class UnifiedPatterns {
  readonly #redis: Redis
  readonly #logger: Logger

  constructor({ redis, logger }: { readonly redis: Redis; readonly logger: Logger }) {
    this.#redis = redis
    this.#logger = logger
  }

  /** Reads patterns and position of a channel at one moment. Members that are no patterns are somebody else's: left out, and logged. */
  async load(channel: Channel): Promise<UnifiedSnapshot> {
    const reply = await this.#redis.multi().hget(UNIFIED_POSITIONS_KEY, channel).zrange(UNIFIED_KEY, '0', '-1').exec()
    if (!loaded.Check(reply)) throw new UnexpectedReplyError('the live patterns could not be read')
    const [[, position], [, members]]: Static<typeof Loaded> = reply
    const patterns = members.map(parsePattern)
    const foreign = patterns.filter(pattern => pattern === undefined).length
    if (foreign > 0) this.#logger.warn({ foreign, key: UNIFIED_KEY }, 'members that are no patterns')
    return {
      patterns: patterns.filter(pattern => pattern !== undefined).filter(pattern => pattern.channel === channel),
      position: parsePosition(position)
    }
  }

  /**
   * Brings entries of one epoch into the ZSET. Those that any replica has brought already change nothing.
   *
   * @returns 'other_epoch' if the ZSET stands in another: {@link restart} the channel first
   */
  async project(channel: Channel, entries: readonly LogEntry[]): Promise<'projected' | 'other_epoch'> {
    const last = entries.at(-1)
    if (!last) return 'projected'
    const changes = new Map<string, readonly (string | number)[]>()
    for (const { offset, event } of entries) {
      const { pattern } = event
      const state =
        event.kind === 'pattern_expired' ? ['', ''] : [event.pattern.confidence, JSON.stringify(event.pattern)]
      changes.set(pattern.id, [offset, pattern.id, ...state])
    }
    const args = [channel, last.epoch, last.offset, ...[...changes.values()].flat()]
    const [result] = await project.run(this.#redis, KEYS, args)
    return result
  }

  /** Empties a channel whose log has another epoch, and lets it be projected from `to` on. Replicas may all do so at once. */
  async restart(channel: Channel, to: Position): Promise<void> {
    const expected = (await this.#redis.hget(UNIFIED_POSITIONS_KEY, channel)) ?? ''
    if (parsePosition(expected)?.epoch === to.epoch) return
    const scan = this.#redis.hscanStream(UNIFIED_MEMBERS_KEY, { count: FORGET_STEP })
    for await (const page of scan) {
      const ids = idsOf(page, channel)
      if (ids.length === 0) continue
      if ((await forget.run(this.#redis, KEYS, [channel, expected, '', ...ids])) === 'superseded') return
    }
    await forget.run(this.#redis, KEYS, [channel, expected, `${to.epoch}:${to.offset}`])
  }
}

function parsePattern(member: string): Pattern | undefined {
  try {
    const value: unknown = JSON.parse(member)
    return isPattern.Check(value) ? value : undefined
  } catch {
    return undefined
  }
}

function parsePosition(text: string | null): Position | undefined {
  const parts = /^(.+):(\d+)$/.exec(text ?? '')
  return parts?.[1] === undefined ? undefined : { epoch: parts[1], offset: Number(parts[2]) }
}

/** Of a page of the hash, `[id, member, id, member …]`, the ids of one channel. */
const idsOf = (page: readonly string[], channel: Channel): string[] =>
  page.filter((_, index) => index % 2 === 0 && parsePattern(page[index + 1] ?? '')?.channel === channel)
