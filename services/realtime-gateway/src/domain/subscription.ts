import type { Gap, GapReason, Position, Slow } from '@tickstock/contracts'
import type { ChannelLog } from './channel-log.ts'
import type { Chunk } from './chunk.ts'
import type { CursorLedger } from './delivery-ledger.ts'
import type { Feed } from './feed.ts'
import { arrayOf, type ControlMessage, frameOf, SMALL_WRITE_BYTES } from './frames.ts'
import type { Standing } from './history.ts'
import type { Outlet } from './outlet.ts'
import type { Page } from './page.ts'

/** A socket with its subscriptions. */
export class Subscriber {
  readonly outlet: Outlet
  readonly subscriptions = new Map<string, Subscription>()
  /** It waits for its visit. */
  due = false
  /** It has not taken what it was given, and is not visited until it has. */
  blocked = false
  /** It took all of a write that was as large as it may be, so the next may be larger. */
  eager = false
  #turn = 0

  constructor(outlet: Outlet) {
    this.outlet = outlet
  }

  /** Its subscriptions, from a different one each time, so that none starves the others. */
  inTurn(): Iterable<Subscription> {
    if (this.subscriptions.size < 2) return this.subscriptions.values()
    const all = [...this.subscriptions.values()]
    this.#turn = (this.#turn + 1) % all.length
    return [...all.slice(this.#turn), ...all.slice(0, this.#turn)]
  }
}

/** How a subscription begins. */
export interface SubscriptionStart {
  readonly subscriber: Subscriber
  readonly id: string
  readonly log: ChannelLog
  readonly feed: Feed
  readonly from: Position
  /** The stored position of its name is lost, and `from` is where its client knew to have come. */
  readonly isLost?: boolean | undefined
  /** The end of the log that its client was told of. Default: its position. */
  readonly top?: number
  /** It is told when it has caught up. */
  readonly replay: boolean
  /** Events that may be sent before `pull` allows more. Undefined: any. */
  readonly credits?: number | undefined
  /** Who keeps the account of what is handed over. */
  readonly ledger?: CursorLedger | undefined
}

/** What is to be handed to a socket. Shared by all who stand at the same place. */
export interface Handover {
  /** A WebSocket frame of a JSON array of messages. */
  readonly frame: Buffer
  /** Events among them. */
  readonly messages: number
  /** When its oldest event was appended, ms. */
  readonly appendedAt?: number
  readonly gap?: GapReason
}

/**
 * What a subscription needs now: what to hand over; `more`: it was moved, and is to be asked again; `page`: entries after the cursor, from the log; `standing`:
 * where the log stands, since the ring cannot say whether the cursor is behind it, ahead of it or of another life.
 */
export type Need = Handover | 'nothing' | 'more' | 'page' | 'standing'

/**
 * A cursor over a feed. Live delivery, a resume and a slow client's way back are one and the same path: what comes after the cursor is taken
 * from memory where memory reaches, else from the log.
 *
 * Two places are kept: the cursor says how far the log has been considered; `last` is the client's own position as the protocol's rules
 * make it, so that no `previous` ever lies beyond it unless something was lost.
 */
export class Subscription {
  readonly subscriber: Subscriber
  readonly id: string
  readonly log: ChannelLog
  readonly feed: Feed
  readonly ledger: CursorLedger | undefined
  /** A request to the log is under way. */
  reading = false
  closed = false
  /** A page that was read for it and has not been looked at yet. */
  page: Page | undefined
  #maxReplay: number
  #credits: number
  #epoch: string
  #offset: number
  #last: number
  /** The end of the log that its client was told of, in the cursor's epoch. */
  #top: number
  #replaying: boolean
  /** Nothing is stored of its position, and whether the log still has what follows is not known yet. */
  #isLost: boolean
  #stuck = false
  /** The next event is known to match, and has to wait for credits. */
  #waits = false
  /** It was said that it lacks credits, and not yet that it has caught up. */
  #toldOfCredits = false

  /** @param maxReplay entries of the log that it is given at most when it begins; what lies further back is told as a gap */
  constructor(start: SubscriptionStart, maxReplay: number) {
    const { subscriber, id, feed, log, from, replay, credits, ledger, isLost = false, top = from.offset } = start
    this.subscriber = subscriber
    this.id = id
    this.feed = feed
    this.log = log
    this.ledger = ledger
    this.#maxReplay = maxReplay
    this.#credits = credits ?? Number.POSITIVE_INFINITY
    this.#epoch = from.epoch
    this.#offset = from.offset
    this.#last = from.offset
    this.#top = top
    this.#replaying = replay
    this.#isLost = isLost
  }

  /** Events that may still be sent; Infinity where they are not counted. */
  get credits(): number {
    return this.#credits
  }

  /** So many more events may be sent. */
  grant(credits: number): void {
    this.#credits += credits
    this.#waits = false
  }

  /** What it may lie behind when it is looked at next. Once it has been found near enough, or brought nearer, it may fall behind as far as the log reaches. */
  get maxReplay(): number {
    return this.#maxReplay
  }

  /** Everything up to here has been considered, and handed to the socket if it matched. */
  get cursor(): Position {
    return { epoch: this.#epoch, offset: this.#offset }
  }

  /** It has not caught up yet. */
  get replaying(): boolean {
    return this.#replaying
  }

  /** For the heartbeat: how far it is. Without a match waiting, that is the ring's top. `top` is the end of the log. */
  get state(): { epoch: string; offset: number; last: number; top: number } {
    const idle = !this.reading && this.#inMemory() && !this.feed.hasAfter(this.#offset)
    if (idle) this.#consider(this.log.ring.top)
    this.#top = this.log.endOf(this.#epoch, Math.max(this.#offset, this.#top))
    return { ...this.cursor, last: this.#last, top: this.#top }
  }

  /** Something waits for credits where memory no longer reaches: retention may cut it without any event to tell. */
  get isWaitingUnseen(): boolean {
    return this.#waits && !this.reading && !this.#inMemory()
  }

  /** Neither the ring nor the log could move it: only news of the log can. */
  get stuck(): boolean {
    return this.#stuck
  }

  /**
   * What to do next. What is returned to be handed over counts as handed over.
   *
   * @param bytes of messages that it may have at most, if it is more than one
   */
  next(bytes: number): Need {
    if (this.#beyondRing()) return 'standing'
    if (this.#isTooFar()) return this.#leaveOut()
    this.#maxReplay = Number.POSITIVE_INFINITY
    if (this.#waits) return 'nothing'
    if (!this.feed.reaches(this.#offset)) return 'page'
    this.#isLost = false
    if (this.feed.hasAfter(this.#offset))
      return this.#credits > 0 ? this.#take(this.#chunk(bytes)) : this.#waitForCredits()
    this.#consider(this.log.ring.top)
    return this.#replaying ? this.#caughtUp() : 'nothing'
  }

  /** Takes a page of the log. @returns what to hand over, or what else is needed */
  takePage(page: Page): Need {
    this.#stuck = false
    const next = page.firstAfter(this.#offset)
    if (next === undefined || page.epoch !== this.#epoch) return 'standing'
    if (next > this.#offset + 1) return this.#expired(next - 1)
    this.#isLost = false
    if (!this.#replaying) return this.#fallBehind('reading')
    const { chunk, upTo, waits } = page.passage(this.feed, this.#offset, this.#last, this.#credits)
    if (chunk !== undefined) this.#take(chunk)
    this.#consider(upTo)
    if (waits) return this.#waitForCredits()
    return chunk ?? 'more'
  }

  /** Takes where the log stands. 'nothing' means that the log knows no better: the ring has to get there. */
  takeStanding({ head, floor }: Standing): Need {
    this.log.saw(head)
    const need = this.#place(head, floor)
    this.#stuck = need === 'nothing' && !this.#inMemory()
    return need
  }

  #place(head: Position, floor: number): Need {
    if (head.epoch !== this.#epoch) return this.#jump('stream_reset', { epoch: head.epoch, offset: floor })
    if (head.offset < this.#offset) return this.#jump('ahead', head)
    return this.#offset < floor ? this.#expired(floor) : 'nothing'
  }

  #consider(offset: number): void {
    this.#offset = offset
    this.ledger?.considered(offset)
  }

  #beyondRing(): boolean {
    const { ring } = this.log
    return this.#offset > ring.top || this.#epoch !== ring.epoch
  }

  #inMemory(): boolean {
    return !this.#beyondRing() && this.feed.reaches(this.#offset)
  }

  /** What a subscription is given that has credits for it, in a chunk that all share whose position allows it. */
  #chunk(bytes: number): Chunk {
    const bounds = { bytes: this.#replaying ? SMALL_WRITE_BYTES : bytes, events: this.#credits }
    return this.feed.chunkAfter(this.#offset, this.#last, bounds)
  }

  #take(chunk: Chunk): Chunk {
    this.#offset = chunk.last
    this.#last = chunk.last
    this.#credits -= chunk.messages
    this.ledger?.sent(chunk.messages, chunk.last)
    return chunk
  }

  #waitForCredits(): Need {
    this.#waits = true
    if (this.#toldOfCredits) return 'nothing'
    this.#toldOfCredits = true
    return this.#fallBehind('credits')
  }

  /** From now on it is a replay, whose end it is told. */
  #fallBehind(reason: Slow['reason']): Handover {
    this.#replaying = true
    const { feed, cursor: position, log } = this
    return control({ type: 'slow', feed: feed.id, reason, position, top: log.endOf(position.epoch, position.offset) })
  }

  #caughtUp(): Handover {
    this.#replaying = false
    this.#toldOfCredits = false
    return control({ type: 'caught_up', feed: this.feed.id, position: this.cursor })
  }

  #isTooFar(): boolean {
    return this.log.ring.top - this.#offset > this.#maxReplay
  }

  #leaveOut(): Handover {
    const next = { epoch: this.#epoch, offset: this.log.ring.top - this.#maxReplay }
    this.#maxReplay = Number.POSITIVE_INFINITY
    return this.#jump('replay_too_large', next)
  }

  /** The log begins after `floor`; the ring may reach further back, and no more than what is missing is named. */
  #expired(floor: number): Need {
    if (this.#inMemory()) return 'more'
    const { ring } = this.log
    const isNearer = ring.epoch === this.#epoch && ring.base > this.#offset
    return this.#jump('expired', { epoch: this.#epoch, offset: isNearer ? Math.min(floor, ring.base) : floor })
  }

  #jump(why: GapReason, next: Position): Handover {
    const { cursor: have } = this
    const last = this.#last
    const reason = this.#isLost && (why === 'expired' || why === 'stream_reset') ? 'position_lost' : why
    this.#isLost = false
    this.#epoch = next.epoch
    this.#offset = next.offset
    this.#last = next.offset
    this.#top = next.offset
    this.#waits = false
    this.ledger?.gapSignalled()
    return {
      ...control({ type: 'gap', feed: this.feed.id, reason, have, last, next, action: 'rescan' } satisfies Gap),
      gap: reason
    }
  }
}

const control = (message: ControlMessage): Handover => ({ frame: arrayOf([frameOf(message)]), messages: 0 })
