import type { Channel, LogEntry, Position } from '@tickstock/contracts'
import { Feed, type FeedKey } from './feed.ts'
import { Ring, type RingBounds } from './ring.ts'

/** One channel as this instance has it: the ring, and the feeds that look at it. */
export class ChannelLog {
  readonly channel: Channel
  readonly ring: Ring
  /** The furthest end of the log that was read in Redis; the ring may be behind it, or of another epoch. */
  #head: Position
  readonly #feeds = new Map<string, Feed>()
  readonly #bySymbol = new Map<string, Set<Feed>>()
  readonly #ofAnySymbol = new Set<Feed>()

  constructor(channel: Channel, start: Position, bounds: RingBounds) {
    this.channel = channel
    this.ring = new Ring(start, bounds)
    this.#head = start
  }

  get feeds(): number {
    return this.#feeds.size
  }

  subscribedFeeds(): Iterable<Feed> {
    return this.#feeds.values()
  }

  get position(): Position {
    return { epoch: this.ring.epoch, offset: this.ring.top }
  }

  /** Takes where the log ends. It ends earlier than before only where its tail was lost. */
  saw(head: Position): void {
    this.#head = head
  }

  /** The end of an epoch, as far as this instance has seen. @param least seen by another way */
  endOf(epoch: string, least: number): number {
    const inRing = this.ring.epoch === epoch ? this.ring.top : 0
    return Math.max(least, inRing, this.#head.epoch === epoch ? this.#head.offset : 0)
  }

  /** When the newest entry was appended, ms. */
  get newestAt(): number | undefined {
    return this.ring.at(this.ring.top)?.appendedAt
  }

  /**
   * Takes entries, and shows each to the feeds that its symbol concerns.
   *
   * @returns the feeds that something matched
   */
  append(entries: readonly LogEntry[]): Set<Feed> {
    const matched = new Set<Feed>()
    for (const entry of entries) {
      this.ring.push(entry)
      for (const feeds of [this.#ofAnySymbol, this.#bySymbol.get(entry.event.pattern.symbol)])
        for (const feed of feeds ?? [])
          if (feed.effectOf(entry) !== undefined) {
            feed.add(entry.offset)
            matched.add(feed)
          }
    }
    return matched
  }

  /** The log goes on after `position`, without what lies between it and the ring's top. */
  restart(position: Position): void {
    this.ring.restart(position)
    for (const feed of this.#feeds.values()) feed.restart()
  }

  /** Can the ring alone say that a position is neither too old, nor ahead, nor of another epoch? */
  judges({ epoch, offset }: Position): boolean {
    return epoch === this.ring.epoch && offset >= this.ring.base && offset <= this.ring.top
  }

  /** The feed of a key, shared by all connections that have it. */
  feed(key: FeedKey): Feed {
    const known = this.#feeds.get(key.id)
    if (known !== undefined) return known
    const feed = new Feed(key, this.ring)
    this.#feeds.set(key.id, feed)
    for (const shelf of this.#shelvesOf(feed)) shelf.add(feed)
    return feed
  }

  /** A feed without subscriptions. */
  forget(feed: Feed): void {
    this.#feeds.delete(feed.id)
    for (const shelf of this.#shelvesOf(feed)) shelf.delete(feed)
    for (const symbol of feed.symbols ?? []) if (this.#bySymbol.get(symbol)?.size === 0) this.#bySymbol.delete(symbol)
  }

  #shelvesOf(feed: Feed): Set<Feed>[] {
    if (feed.symbols === undefined) return [this.#ofAnySymbol]
    return feed.symbols.map(symbol => {
      const shelf = this.#bySymbol.get(symbol) ?? new Set<Feed>()
      this.#bySymbol.set(symbol, shelf)
      return shelf
    })
  }
}
