import { asciiJson } from '../ascii-json.ts'
import type { PatternEvent } from '../event.ts'

/** An event and its text. */
export interface EncodedEvent {
  readonly event: PatternEvent
  /** The event as it stands in the log, ready to be put into a frame. */
  readonly json: string
  /** The pattern in it, ASCII alone, where that is known. Not of an expiry. */
  readonly patternJson?: string | undefined
}

/** Encodes an event for the log, ASCII alone. The pattern is by far the most of it, and is wanted alone too: it is written once. */
export function encodeEvent(event: PatternEvent): EncodedEvent {
  if (event.kind === 'pattern_expired') return { event, json: asciiJson(event), patternJson: undefined }
  const { pattern, ...about } = event
  const patternJson = asciiJson(pattern)
  return { event, json: `${asciiJson(about).slice(0, -1)},"pattern":${patternJson}}`, patternJson }
}
