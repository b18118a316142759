import {
  CorruptLogEntryError,
  decodeLogEntry,
  type KnownEvents,
  type LogEntry,
  offsetOf,
  type Position
} from '@tickstock/contracts'
import type { EntriesSignal, GapSignal } from './log-signal.ts'

/** An entry as Redis returns it. */
export type StreamEntry = readonly [id: string, fields: readonly string[]]

/**
 * Turns what was read after the cursor into signals: dense runs of one epoch, and a gap wherever one does not continue the other.
 *
 * An entry that is not understood can neither be delivered nor waited for: it is a gap of one, and told to `onCorrupt`.
 * Entries at or before the cursor were delivered before and are left out.
 *
 * @returns the entry at which it stopped because it alone cannot tell what was missed: the first one read, when it is of
 * another epoch. The log may have gone back behind the cursor; only its head knows.
 */
export function* arrange(
  from: Position,
  read: readonly StreamEntry[],
  onCorrupt: (error: CorruptLogEntryError) => void,
  known?: KnownEvents
): Generator<EntriesSignal | GapSignal, LogEntry | undefined> {
  let cursor = from
  let run: LogEntry[] = []
  let continuous = false

  for (const [id, fields] of read) {
    const entry = decoded(id, fields, known)
    const gap = entry instanceof CorruptLogEntryError ? around(cursor, offsetOf(id)) : between(cursor, entry)

    if (entry instanceof CorruptLogEntryError) onCorrupt(entry)
    else if (gap?.reason === 'stream_reset' && !continuous) return entry
    else if (entry.epoch === cursor.epoch && entry.offset <= cursor.offset) continue

    if (gap) {
      if (run.length > 0) yield { kind: 'entries', entries: run }
      yield gap
      run = []
      cursor = gap.next
    }
    if (entry instanceof CorruptLogEntryError) continue

    run.push(entry)
    cursor = positionOf(entry)
    continuous = true
  }
  if (run.length > 0) yield { kind: 'entries', entries: run }
  return undefined
}

export const positionOf = ({ epoch, offset }: Position): Position => ({ epoch, offset })

function decoded(
  id: string,
  fields: readonly string[],
  known: KnownEvents | undefined
): LogEntry | CorruptLogEntryError {
  try {
    return decodeLogEntry(id, fields, known)
  } catch (error) {
    if (error instanceof CorruptLogEntryError) return error
    throw error
  }
}

function between(have: Position, { epoch, offset }: LogEntry): GapSignal | undefined {
  const next = { epoch, offset: offset - 1 }
  if (epoch !== have.epoch) return { kind: 'gap', reason: 'stream_reset', have, next }
  return next.offset > have.offset ? { kind: 'gap', reason: 'expired', have, next } : undefined
}

const around = (have: Position, offset: number): GapSignal | undefined =>
  offset > have.offset ? { kind: 'gap', reason: 'expired', have, next: { epoch: have.epoch, offset } } : undefined
