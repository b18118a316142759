import { Type } from '@sinclair/typebox'
import { type Channel, headKey, type LogEntry, logKey, Position } from '@tickstock/contracts'
import { newEpoch } from './epoch.ts'
import type { RedisClient } from './redis-client.ts'
import { Script } from './script.ts'

/** Where a log stands. */
export interface LogState {
  readonly head: Position
  /** The offset before the first entry of the head's epoch. */
  readonly start: number
  /** Oldest offset retained; head offset + 1 when nothing is. */
  readonly first: number
}

/** What is kept of an entry to know it again. */
export type KnownEntry = Pick<LogEntry, 'epoch' | 'offset' | 'appendedAt'>

const { epoch, offset } = Position.properties

const open = new Script({
  file: new URL('../lua/open.lua', import.meta.url),
  keys: ['log', 'head'],
  args: ['newEpoch', 'knownEpoch', 'knownOffset', 'knownAt'],
  reply: Type.Tuple([epoch, offset, offset, offset])
})

/**
 * Looks where the log stands, makes its head if there is none, and begins a new epoch if the log was lost.
 *
 * @param known an entry that the caller has read from this log itself: a log that does not hold it any more, though it was not
 * trimmed, begins a new epoch
 */
export async function inspectLog(redis: RedisClient, channel: Channel, known?: KnownEntry): Promise<LogState> {
  const [epoch, offset, start, first] = await open.run(
    redis,
    { log: logKey(channel), head: headKey(channel) },
    {
      newEpoch: newEpoch(),
      knownEpoch: known?.epoch ?? '',
      knownOffset: known?.offset ?? 0,
      knownAt: known?.appendedAt ?? 0
    }
  )
  return { head: { epoch, offset }, start, first }
}

/** The head of the log, `{ epoch: new, offset: 0 }` if it was never written to. Idempotent. */
export async function openLog(redis: RedisClient, channel: Channel): Promise<Position> {
  const { head } = await inspectLog(redis, channel)
  return head
}

/** Oldest offset retained; head offset + 1 when nothing is. */
export async function firstOffset(redis: RedisClient, channel: Channel): Promise<number> {
  const { first } = await inspectLog(redis, channel)
  return first
}
