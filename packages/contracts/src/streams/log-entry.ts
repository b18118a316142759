import { checkOf } from '../check.ts'
import { PatternEvent } from '../event.ts'
import { ThresholdValues } from '../pattern.ts'
import type { Position } from '../position.ts'
import type { EncodedEvent } from './encoded-event.ts'

/** One entry of a channel's log, decoded. */
export interface LogEntry extends Readonly<Position>, EncodedEvent {
  /** When it was appended, ms by Redis' clock. */
  readonly appendedAt: number
  /** Values of the live state that the event replaces or ends; undefined if the pattern was not live. */
  readonly before?: ThresholdValues | undefined
  /** Whether the event is older than what the log says of its pattern, so that it changes nothing. Default: false. */
  readonly late?: boolean
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
const thresholdValues = checkOf(ThresholdValues)

/**
 * Decodes a stream entry as Redis returns it.
 *
 * @param id entry id, `<offset>-0`
 * @param fields `['epoch', …, 'at', …, 'event', …]`, then `'before', …` or `'late', '1'` where they apply
 * @throws CorruptLogEntryError
 */
export function decodeLogEntry(id: string, fields: readonly string[], known?: KnownEvents): LogEntry {
  const field = (name: string): string => {
    const value = fieldOf(fields, name)
    if (value === undefined) throw new CorruptLogEntryError(id, `field ${name} is missing`)
    return value
  }
  const json = field('event')
  const { event, patternJson } = known?.(json) ?? { event: parse(id, json), patternJson: undefined }
  return {
    epoch: field('epoch'),
    offset: offsetOf(id),
    appendedAt: Number(field('at')),
    event,
    json,
    patternJson,
    before: beforeOf(id, fieldOf(fields, 'before')),
    late: isLate(id, fieldOf(fields, 'late'))
  }
}

/** Names and values alternate: a value that equals a name is not taken for it. */
function fieldOf(fields: readonly string[], name: string): string | undefined {
  for (let at = 0; at < fields.length; at += 2) if (fields[at] === name) return fields[at + 1]
  return undefined
}

function beforeOf(id: string, text: string | undefined): ThresholdValues | undefined {
  const before = text === undefined ? undefined : thresholdValues.read(text)
  if (before === undefined && text !== undefined) {
    throw new CorruptLogEntryError(id, 'field before is not the values of a pattern')
  }
  return before
}

function isLate(id: string, text: string | undefined): boolean {
  if (text !== undefined && text !== '1') throw new CorruptLogEntryError(id, 'field late is not 1')
  return text === '1'
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
