import { createHash } from 'node:crypto'
import type { Channel, LogEntry } from '@tickstock/contracts'
import { arrayOf, eventText, WRITE_BYTES } from './frames.ts'
import { type CanonicalFilter, type Matcher, matcherOf, namesIn } from './matcher.ts'
import type { Ring } from './ring.ts'

/** Messages of a feed that are handed to a socket together. */
export interface Chunk {
  /** A JSON array of event messages. */
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

/** The same channel and the same filter is the same feed, on every instance. */
export const feedId = (channel: Channel, filter: CanonicalFilter): string =>
  createHash('sha256')
    .update(`${channel}${JSON.stringify(filter)}`)
    .digest('base64url')
    .slice(0, 12)

/**
 * A channel seen through a filter: the offsets of the ring's entries that match, found once for all who subscribe.
 *
 * It knows every match after `floor`. Frames are not kept: 10,000 entries times a thousand filters would not fit; they are joined when
 * they are written, and shared by all clients that stand at the same place.
 */
export class Feed {
  readonly id: string
  readonly channel: Channel
  readonly symbols: readonly string[] | undefined
  /** Names in its filter. */
  readonly names: number
  readonly matches: Matcher
  readonly #ring: Ring
  readonly #chunks = new Map<number, Chunk>()
  #offsets: number[] = []
  #floor: number

  constructor(channel: Channel, filter: CanonicalFilter, ring: Ring) {
    this.id = feedId(channel, filter)
    this.channel = channel
    this.symbols = filter.symbols
    this.names = namesIn(filter)
    this.matches = matcherOf(filter)
    this.#ring = ring
    this.#floor = ring.top
  }

  /** Is everything that matches after this offset in memory? Looks further back in the ring where it has not looked yet. */
  reaches(offset: number): boolean {
    this.#forgetEvicted()
    if (offset >= this.#floor) return true
    if (offset < this.#ring.base) return false
    this.#offsets = [...this.#matchesIn(offset, this.#floor), ...this.#offsets]
    this.#floor = offset
    return true
  }

  /** Takes the ring's newest entry, which matches. */
  add(offset: number): void {
    this.#offsets.push(offset)
    this.#chunks.clear()
    if (this.#offsets.length % 1024 === 0) this.#forgetEvicted()
  }

  /** What comes after an offset that the feed reaches. Undefined when nothing does. */
  chunkAfter(offset: number): Chunk | undefined {
    const at = this.#indexAfter(offset)
    const first = this.#offsets[at]
    if (first === undefined) return undefined
    const known = this.#chunks.get(first)
    if (known !== undefined) return known
    const chunk = this.#join(at, this.#offsets[at - 1] ?? this.#floor)
    this.#chunks.set(first, chunk)
    return chunk
  }

  /** The same, for one whose position lies before the shared chunk's `previous`. */
  ownChunkAfter(offset: number, previous: number): Chunk | undefined {
    const at = this.#indexAfter(offset)
    return at < this.#offsets.length ? this.#join(at, previous) : undefined
  }

  /** Lets go of joined frames: they are worth keeping only while others stand at the same place. */
  release(): void {
    this.#chunks.clear()
  }

  /** The ring began anew. */
  restart(): void {
    this.#offsets = []
    this.#chunks.clear()
    this.#floor = this.#ring.base
  }

  #join(start: number, previous: number): Chunk {
    const texts: string[] = []
    let size = 0
    let last = previous
    let appendedAt: number | undefined
    for (let at = start; at < this.#offsets.length && size < WRITE_BYTES; at++) {
      const entry = this.#entryAt(this.#offsets[at] ?? 0)
      const text = eventText(this.id, entry, last)
      texts.push(text)
      size += text.length
      last = entry.offset
      appendedAt ??= entry.appendedAt
    }
    const more = start + texts.length < this.#offsets.length
    return { frame: arrayOf(texts), messages: texts.length, previous, last, appendedAt: appendedAt ?? 0, more }
  }

  #entryAt(offset: number): LogEntry {
    const entry = this.#ring.at(offset)
    if (entry === undefined) throw new RangeError(`feed ${this.id} looked for ${offset}, which the ring does not hold`)
    return entry
  }

  *#matchesIn(after: number, upTo: number): Generator<number> {
    for (let offset = after + 1; offset <= upTo; offset++) {
      if (this.matches(this.#entryAt(offset).event)) yield offset
    }
  }

  /** The newest match that the ring has let go of becomes the floor: all who stand there have it. */
  #forgetEvicted(): void {
    const { base } = this.#ring
    const kept = this.#indexAfter(base)
    if (kept === 0) return
    this.#floor = this.#offsets[kept - 1] ?? this.#floor
    this.#offsets = this.#offsets.slice(kept)
  }

  #indexAfter(offset: number): number {
    let low = 0
    let high = this.#offsets.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#offsets[middle] ?? 0) <= offset) low = middle + 1
      else high = middle
    }
    return low
  }
}
