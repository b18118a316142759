import type { LogEntry } from '@tickstock/contracts'
import { arrayOf, eventText } from './frames.ts'
import type { Matcher } from './matcher.ts'

/** Messages of a feed that are handed to a socket together. */
export interface Chunk {
  /** A WebSocket frame of a JSON array of event messages. */
  readonly frame: Buffer
  readonly messages: number
  /** `previous` of its first event: whoever stands before it cannot be given this chunk. */
  readonly previous: number
  /** Offset of its last event. */
  readonly last: number
  /** When its oldest event was appended, ms. */
  readonly appendedAt: number
  /** There are matches after `last`. */
  readonly more: boolean
}

/** How much may go into a chunk. One event always does. */
export interface Bounds {
  /** Bytes of messages. */
  readonly bytes: number
  readonly events: number
}

/**
 * Joins entries, as many as fit.
 *
 * @param previous offset of the match before the first
 * @returns undefined when there are none
 */
export function join(
  feed: { readonly id: string; readonly effectOf: Matcher['effectOf'] },
  entries: Iterable<LogEntry>,
  previous: number,
  { bytes, events }: Bounds
): Chunk | undefined {
  const texts: string[] = []
  let size = 0
  let last = previous
  let appendedAt: number | undefined
  let full = false
  for (const entry of entries) {
    const text = eventText(feed.id, entry, last, feed.effectOf(entry))
    full = texts.length > 0 && (texts.length >= events || size + text.length > bytes)
    if (full) break
    texts.push(text)
    size += text.length
    last = entry.offset
    appendedAt ??= entry.appendedAt
  }
  if (appendedAt === undefined) return undefined
  return { frame: arrayOf(texts), messages: texts.length, previous, last, appendedAt, more: full }
}
