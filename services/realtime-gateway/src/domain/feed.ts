import { createHash } from 'node:crypto'
import type { Channel, LogEntry } from '@tickstock/contracts'
import { type Bounds, type Chunk, join } from './chunk.ts'
import { SMALL_WRITE_BYTES } from './frames.ts'
import { type CanonicalFilter, type Matcher, matcherOf, namesIn } from './matcher.ts'
import type { Ring } from './ring.ts'

/** What makes a feed. */
export interface FeedKey {
  readonly id: string
  readonly channel: Channel
  readonly filter: CanonicalFilter
}

/**
 * The same channel, filter and ordinal is the same feed, on every instance. The ordinal tells apart the feeds of equal
 * subscriptions on one connection; nearly all are 0.
 */
export function feedKey(channel: Channel, filter: CanonicalFilter, ordinal = 0): FeedKey {
  const text = `${channel}${JSON.stringify(filter)}${ordinal === 0 ? '' : ordinal}`
  return { id: createHash('sha256').update(text).digest('base64url').slice(0, 12), channel, filter }
}

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
  readonly effectOf: Matcher['effectOf']
  readonly #ring: Ring
  /** Joined frames by the offset of their first event: small ones, and those of another size or number of events. */
  readonly #small = new Map<number, Chunk>()
  readonly #other = new Map<string, Chunk>()
  #offsets: number[] = []
  #floor: number

  constructor({ id, channel, filter }: FeedKey, ring: Ring) {
    this.id = id
    this.channel = channel
    this.symbols = filter.symbols
    this.names = namesIn(filter)
    this.effectOf = matcherOf(filter).effectOf
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
    this.release()
    if (this.#offsets.length % 1024 === 0) this.#forgetEvicted()
  }

  /** Does anything match after an offset that the feed reaches? */
  hasAfter(offset: number): boolean {
    return (this.#offsets.at(-1) ?? 0) > offset
  }

  /**
   * What comes after an offset that the feed reaches, within bounds: a chunk that all share who stand there, unless it could not be told from a loss.
   *
   * @param position the client's own: no `previous` may lie beyond it
   * @throws RangeError when nothing comes
   */
  chunkAfter(offset: number, position: number, bounds: Bounds): Chunk {
    const at = this.#indexAfter(offset)
    const shared = this.#shared(at, bounds)
    return shared.previous <= position ? shared : this.#join(at, position, bounds)
  }

  /** Lets go of joined frames: they are worth keeping only while others stand at the same place. */
  release(): void {
    if (this.#small.size > 0) this.#small.clear()
    if (this.#other.size > 0) this.#other.clear()
  }

  /** The ring began anew. */
  restart(): void {
    this.#offsets = []
    this.release()
    this.#floor = this.#ring.base
  }

  #before(at: number): number {
    return this.#offsets[at - 1] ?? this.#floor
  }

  #shared(at: number, bounds: Bounds): Chunk {
    const first = this.#offsets[at] ?? 0
    const small = this.#small.get(first) ?? this.#join(at, this.#before(at), SMALL)
    this.#small.set(first, small)
    const isAll = !small.more || small.messages === bounds.events || bounds.bytes <= SMALL_WRITE_BYTES
    if (isAll && small.messages <= bounds.events) return small
    const key = `${first} ${bounds.bytes} ${Math.min(bounds.events, this.#offsets.length)}`
    const chunk = this.#other.get(key) ?? this.#join(at, this.#before(at), bounds)
    this.#other.set(key, chunk)
    return chunk
  }

  #join(start: number, previous: number, bounds: Bounds): Chunk {
    const chunk = join(this, this.#entriesFrom(start), previous, bounds)
    if (chunk === undefined) throw new RangeError(`feed ${this.id} has nothing after ${previous}`)
    return chunk
  }

  *#entriesFrom(start: number): Generator<LogEntry> {
    for (let at = start; at < this.#offsets.length; at++) yield this.#entryAt(this.#offsets[at] ?? 0)
  }

  #entryAt(offset: number): LogEntry {
    const entry = this.#ring.at(offset)
    if (entry === undefined) throw new RangeError(`feed ${this.id} looked for ${offset}, which the ring does not hold`)
    return entry
  }

  *#matchesIn(after: number, upTo: number): Generator<number> {
    for (let offset = after + 1; offset <= upTo; offset++) {
      if (this.effectOf(this.#entryAt(offset)) !== undefined) yield offset
    }
  }

  /** The newest match that the ring has let go of becomes the floor: all who stand there have it. */
  #forgetEvicted(): void {
    const { base } = this.#ring
    const [oldest] = this.#offsets
    if (oldest === undefined || oldest > base) return
    const kept = this.#indexAfter(base)
    this.#floor = this.#offsets[kept - 1] ?? this.#floor
    this.#offsets = this.#offsets.slice(kept)
  }

  #indexAfter(offset: number): number {
    let low = 0
    let high = this.#offsets.length
    // Nearly all stand at the live end.
    if ((this.#offsets[high - 2] ?? 0) <= offset) low = Math.max(0, high - 1)
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#offsets[middle] ?? 0) <= offset) low = middle + 1
      else high = middle
    }
    return low
  }
}

const SMALL: Bounds = { bytes: SMALL_WRITE_BYTES, events: Number.POSITIVE_INFINITY }
