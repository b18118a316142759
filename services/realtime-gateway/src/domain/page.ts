import type { LogEntry } from '@tickstock/contracts'
import { type Chunk, join } from './chunk.ts'
import type { Feed } from './feed.ts'
import { SMALL_WRITE_BYTES } from './frames.ts'

/** What a feed makes of a part of a page. */
export interface Passage {
  /** Undefined when nothing of the part matches, or what does has to wait for credits. */
  readonly chunk: Chunk | undefined
  /** How far the page was considered. */
  readonly upTo: number
  /** What comes after `upTo` matches, and there are no credits for it. */
  readonly waits: boolean
}

/** Filters of more symbols look at each entry: that costs less than to merge so many lists. */
const FEW_SYMBOLS = 32

/** Joined frames that a page keeps for those who come to the same place, bytes. */
const KEPT_BYTES = 512 * 1024

/** A part of one channel's log, of one epoch, in order of offset. Those who replay it share it, and what equal feeds make of it. */
export class Page {
  /** Undefined when it has no entries. */
  readonly epoch: string | undefined
  readonly entries: readonly LogEntry[]
  readonly #passages = new Map<string, Passage>()
  #bySymbol: Map<string, LogEntry[]> | undefined
  #kept = 0

  /** @param entries those of the first one's epoch are taken, up to the first of another */
  constructor(entries: readonly LogEntry[]) {
    this.epoch = entries[0]?.epoch
    const other = entries.findIndex(({ epoch }) => epoch !== this.epoch)
    this.entries = other < 0 ? entries : entries.slice(0, other)
  }

  /** Bytes of event JSON. */
  get bytes(): number {
    return this.entries.reduce((sum, { json }) => sum + json.length, 0)
  }

  get last(): number {
    return this.entries.at(-1)?.offset ?? 0
  }

  /** Offset of the first entry after another. */
  firstAfter(offset: number): number | undefined {
    return this.entries[indexAfter(this.entries, offset)]?.offset
  }

  /**
   * What a feed is given of what comes right after an offset: one frame, at most. What comes after a hole is for another time.
   *
   * @param previous offset of the match before, as the client knows it
   */
  passage(feed: Feed, after: number, previous: number, credits: number): Passage {
    const any = this.#shared(feed, after, previous, Number.POSITIVE_INFINITY)
    return (any.chunk?.messages ?? 0) <= credits ? any : this.#shared(feed, after, previous, credits)
  }

  #shared(feed: Feed, after: number, previous: number, credits: number): Passage {
    const key = `${feed.id} ${after} ${previous} ${credits}`
    const known = this.#passages.get(key)
    if (known !== undefined) return known
    const passage = this.#make(feed, after, previous, credits)
    if (this.#kept > KEPT_BYTES) {
      this.#passages.clear()
      this.#kept = 0
    }
    this.#passages.set(key, passage)
    this.#kept += (passage.chunk?.frame.length ?? 0) + key.length
    return passage
  }

  #make(feed: Feed, after: number, previous: number, credits: number): Passage {
    const end = this.#denseFrom(after)
    const matching = this.#matching(feed, after, end)
    if (credits === 0) {
      const [first] = matching
      return { chunk: undefined, upTo: first === undefined ? end : first.offset - 1, waits: first !== undefined }
    }
    const chunk = join(feed, matching, previous, { bytes: SMALL_WRITE_BYTES, events: credits })
    return { chunk, upTo: chunk?.more ? chunk.last : end, waits: false }
  }

  *#matching(feed: Feed, after: number, end: number): Generator<LogEntry> {
    const candidates = this.#candidates(feed)
    for (let at = indexAfter(candidates, after); at < candidates.length; at++) {
      const entry = candidates[at]
      if (entry === undefined || entry.offset > end) return
      if (feed.effectOf(entry) !== undefined) yield entry
    }
  }

  #candidates({ symbols }: Feed): readonly LogEntry[] {
    if (symbols === undefined || symbols.length > FEW_SYMBOLS) return this.entries
    this.#bySymbol ??= Map.groupBy(this.entries, ({ event }) => event.pattern.symbol)
    const lists = symbols.flatMap(symbol => this.#bySymbol?.get(symbol) ?? [])
    return symbols.length < 2 ? lists : lists.sort((one, other) => one.offset - other.offset)
  }

  /** Where the entries right after an offset end: at a hole, or with the page. */
  #denseFrom(after: number): number {
    const start = indexAfter(this.entries, after)
    const last = this.entries.length - 1
    if (this.last - after === last - start + 1) return this.last
    let end = after
    for (let at = start; this.entries[at]?.offset === end + 1; at++) end++
    return end
  }
}

function indexAfter(entries: readonly LogEntry[], offset: number): number {
  let low = 0
  let high = entries.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((entries[middle]?.offset ?? 0) <= offset) low = middle + 1
    else high = middle
  }
  return low
}
