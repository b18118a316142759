import type { Gap, GapReason, LogEntry, Position } from '@tickstock/contracts'
import type { ChannelLog } from './channel-log.ts'
import type { DeliveryLedger } from './delivery-ledger.ts'
import type { Chunk, Feed } from './feed.ts'
import { arrayOf, eventText, frameOf } from './frames.ts'
import type { Standing } from './history.ts'

/** How a subscription begins. */
export interface SubscriptionStart {
  readonly id: string
  readonly log: ChannelLog
  readonly feed: Feed
  readonly from: Position
  /** It is told when it has caught up. */
  readonly replay: boolean
  /** Events that may be sent before `pull` allows more. Undefined: any. */
  readonly credits?: number | undefined
  /** Who keeps the account of what is handed over. */
  readonly ledger?: DeliveryLedger | undefined
}

/** What a subscription needs now. */
export type Need =
  | { readonly kind: 'nothing' }
  /** Hand this over; there may be more. */
  | { readonly kind: 'write'; readonly write: Write }
  /** Entries after the cursor, from the log. */
  | { readonly kind: 'page' }
  /** Where the log stands: the ring cannot say whether the cursor is behind it, ahead of it or of another life. */
  | { readonly kind: 'standing' }

/** What is handed to a socket. */
export interface Write {
  /** A JSON array of messages. */
  readonly frame: Buffer
  readonly messages: number
  readonly replayed: boolean
  /** When its oldest event was appended, ms; undefined when it holds no event. */
  readonly appendedAt?: number
  readonly gap?: GapReason
  readonly more: boolean
}

/**
 * A cursor over a feed. Live delivery, a resume and a slow client's way back are one and the same path: what comes after the cursor is taken
 * from memory where memory reaches, else from the log.
 *
 * Two places are kept: the cursor says how far the log has been considered; `last` is the client's own position as the protocol's rules
 * make it, so that no `previous` ever lies beyond it unless something was lost.
 */
export class Subscription {
  readonly id: string
  readonly feed: Feed
  /** A request to the log is under way. */
  reading = false
  closed = false
  readonly ledger: DeliveryLedger | undefined
  readonly #log: ChannelLog
  #credits: number
  #cursor: Position
  #last: number
  #replaying: boolean
  #stuck = false

  constructor({ id, feed, log, from, replay, credits, ledger }: SubscriptionStart) {
    this.id = id
    this.feed = feed
    this.ledger = ledger
    this.#log = log
    this.#credits = credits ?? Number.POSITIVE_INFINITY
    this.#cursor = from
    this.#last = from.offset
    this.#replaying = replay
  }

  /** Events that may still be sent; Infinity where they are not counted. */
  get credits(): number {
    return this.#credits
  }

  /** So many more events may be sent. */
  grant(credits: number): void {
    this.#credits += credits
  }

  get log(): ChannelLog {
    return this.#log
  }

  /** Everything up to here has been considered, and handed to the socket if it matched. */
  get cursor(): Position {
    return this.#cursor
  }

  /** It has not caught up yet. */
  get replaying(): boolean {
    return this.#replaying
  }

  /** For the heartbeat: how far it is. Without a match waiting, that is the ring's top. */
  get state(): { epoch: string; offset: number; last: number } {
    const idle = !this.reading && this.#inMemory() && this.feed.chunkAfter(this.#cursor.offset) === undefined
    if (idle) this.#moveTo(this.#log.ring.top)
    return { ...this.#cursor, last: this.#last }
  }

  /** Neither the ring nor the log could move it: only news of the log can. */
  get stuck(): boolean {
    return this.#stuck
  }

  /** What to do next. A returned write counts as handed over. */
  next(): Need {
    const { ring } = this.#log
    if (this.#beyondRing()) return { kind: 'standing' }
    if (!this.feed.reaches(this.#cursor.offset)) return { kind: 'page' }
    const shared = this.feed.chunkAfter(this.#cursor.offset)
    if (shared !== undefined) return { kind: 'write', write: this.#take(shared) }
    this.#moveTo(ring.top)
    return this.#replaying ? { kind: 'write', write: this.#caughtUp() } : { kind: 'nothing' }
  }

  /** Takes a page of the log. @returns what to hand over, or what else is needed */
  takePage(entries: readonly LogEntry[]): Need {
    this.#stuck = false
    const { epoch, offset } = this.#cursor
    const [first] = entries
    if (first === undefined || first.epoch !== epoch) return { kind: 'standing' }
    if (first.offset > offset + 1) return this.#expired(first.offset - 1)
    const texts: string[] = []
    for (const entry of entries) {
      if (entry.epoch !== epoch) break
      this.#moveTo(entry.offset)
      if (!this.feed.matches(entry.event)) continue
      texts.push(eventText(this.feed.id, entry, this.#last))
      this.#last = entry.offset
    }
    if (texts.length === 0) return { kind: 'nothing' }
    return { kind: 'write', write: { frame: arrayOf(texts), messages: texts.length, replayed: true, more: true } }
  }

  /** Takes where the log stands. 'nothing' means that the log knows no better: the ring has to get there. */
  takeStanding({ head, floor }: Standing): Need {
    const need = this.#place(head, floor)
    this.#stuck = need.kind === 'nothing' && !this.#inMemory()
    return need
  }

  #place(head: Position, floor: number): Need {
    if (head.epoch !== this.#cursor.epoch) return this.#jump('stream_reset', { epoch: head.epoch, offset: floor })
    if (head.offset < this.#cursor.offset) return this.#jump('ahead', head)
    return this.#cursor.offset < floor ? this.#expired(floor) : { kind: 'nothing' }
  }

  #beyondRing(): boolean {
    const { ring } = this.#log
    return this.#cursor.epoch !== ring.epoch || this.#cursor.offset > ring.top
  }

  #inMemory(): boolean {
    return !this.#beyondRing() && this.feed.reaches(this.#cursor.offset)
  }

  #take(shared: Chunk): Write {
    const chunk =
      shared.previous <= this.#last ? shared : (this.feed.ownChunkAfter(this.#cursor.offset, this.#last) ?? shared)
    this.#moveTo(chunk.last)
    this.#last = chunk.last
    const { frame, messages, appendedAt, more } = chunk
    return { frame, messages, appendedAt, replayed: this.#replaying, more: more || this.#replaying }
  }

  #caughtUp(): Write {
    this.#replaying = false
    const frame = arrayOf([frameOf({ type: 'caught_up', feed: this.feed.id, position: this.#cursor })])
    return { frame, messages: 0, replayed: false, more: false }
  }

  /** The log begins after `floor`; the ring may reach further back, and no more than what is missing is named. */
  #expired(floor: number): Need {
    if (this.#inMemory()) return { kind: 'nothing' }
    const { ring } = this.#log
    const { epoch, offset } = this.#cursor
    const nearer = ring.epoch === epoch && ring.base > offset ? Math.min(floor, ring.base) : floor
    return this.#jump('expired', { epoch, offset: nearer })
  }

  #jump(reason: GapReason, next: Position): Need {
    const gap: Gap = { type: 'gap', feed: this.feed.id, reason, have: this.#cursor, next, action: 'rescan' }
    this.#cursor = next
    this.#last = next.offset
    return {
      kind: 'write',
      write: { frame: arrayOf([frameOf(gap)]), messages: 0, replayed: false, gap: reason, more: true }
    }
  }

  #moveTo(offset: number): void {
    this.#cursor = { epoch: this.#cursor.epoch, offset }
  }
}
