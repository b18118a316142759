import { checkOf } from '../check.ts'
import { PatternEvent } from '../event.ts'
import type { Position } from '../position.ts'
import type { EncodedEvent } from './encoded-event.ts'

/** One entry of a channel's log, decoded. */
export interface LogEntry extends Readonly<Position>, EncodedEvent {
  /** When it was appended, ms by Redis' clock. */
  readonly appendedAt: number
}

/** An event whose JSON is this very text, where the process knows one: it need not be parsed and checked again. */
export type KnownEvents = (json: string) => EncodedEvent | undefined

/** The log's order and its offsets are the stream's own ids: an offset is found without an index. */
export const entryId = (offset: number): string => `${offset}-0`

export const offsetOf = (id: string): number => Number(id.slice(0, id.indexOf('-')))

/** An entry of the log is not what this release understands. */
export class CorruptLogEntryError extends Error {
  override readonly name = 'CorruptLogEntryError'
  constructor(id: string, reason: string) {
    super(`log entry ${id}: ${reason}`)
  }
}

const patternEvents = checkOf(PatternEvent)

/**
 * Decodes a stream entry as Redis returns it.
 *
 * @param id entry id, `<offset>-0`
 * @param fields `['epoch', …, 'at', …, 'event', …]`
 * @throws CorruptLogEntryError
 */
export function decodeLogEntry(id: string, fields: readonly string[], known?: KnownEvents): LogEntry {
  const field = (name: string): string => {
    const at = fields.indexOf(name)
    const value = at < 0 ? undefined : fields[at + 1]
    if (value === undefined) throw new CorruptLogEntryError(id, `field ${name} is missing`)
    return value
  }
  const json = field('event')
  const { event, patternJson } = known?.(json) ?? { event: parse(id, json), patternJson: undefined }
  return { epoch: field('epoch'), offset: offsetOf(id), appendedAt: Number(field('at')), event, json, patternJson }
}

function parse(id: string, json: string): PatternEvent {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    throw new CorruptLogEntryError(id, 'the event is not JSON')
  }
  if (patternEvents.accepts(value)) return value
  const first = patternEvents.fault(value)
  throw new CorruptLogEntryError(id, `${first?.path ?? ''} ${first?.message ?? 'is not a pattern event'}`)
}
