import type { Heartbeat, Position, Slow, Subscribed } from '@tickstock/contracts'
import { isSame, type LiveState, type LiveStatus } from '../live-status.ts'
import { Freshness } from './freshness.ts'

/** What a subscription's status depends on beside what its feed says. */
export interface Surroundings {
  /** Of the ready socket that has its feed. */
  readonly serving: Serving | undefined
  /** A ready socket was asked for it. */
  readonly isAsked: boolean
  /** The application does not keep up. */
  readonly isHeldUp: boolean
  readonly applied: Position | undefined
}

interface Serving {
  /** Now, by the server's clock, ms. */
  readonly time: number
  readonly heartbeatMs: number
  /** Since the server has read the log, as its last heartbeat says, ms. */
  readonly readAge: number
}

/** Milliseconds between two tellings of how far behind, while the state is the same. */
const TELL_MS = 250
/** Heartbeats that what is applied may be old: more is a delay, and less than the second ends it. */
const OLD = 1
const NEW = 0.5
/** The server must have read the log in this time: it reads at least once a second. ms */
const UNREAD_MS = 3_000

/** How far a subscription is from the end of its log and from now, and why. */
export class Standing {
  #epoch = ''
  #top = 0
  /** Where the end of the log was a heartbeat ago: whoever is not there yet is behind by more than what is on its way. */
  #topBefore = 0
  /** Where the replay under way ends. */
  #goal: number | undefined
  #isSlow = false
  #isLate = false
  #isOld = false
  readonly #freshness = new Freshness()
  #told: LiveStatus | undefined
  #toldAt = 0

  begin({ mode, position, top }: Subscribed): void {
    this.#epoch = position.epoch
    this.#top = top
    this.#topBefore = 0
    this.#goal = mode === 'snapshot' || position.offset < top ? top : undefined
    this.#isSlow = false
    this.#isLate = false
    this.#isOld = false
    this.#freshness.begin()
  }

  reached({ epoch, offset }: Position): void {
    this.#top = epoch === this.#epoch ? Math.max(this.#top, offset) : offset
    this.#epoch = epoch
    if (this.#goal !== undefined && offset >= this.#goal) this.#goal = undefined
  }

  /** An event of a replay is old, whatever the line does. @param at when it was appended, by the server's clock, ms */
  event(position: Position, at: number, applied: Position | undefined): void {
    if (position.offset > (this.#goal ?? 0)) this.#freshness.came(position, at, applied)
  }

  applied(position: Position): void {
    this.#freshness.apply(position)
  }

  caughtUp(): void {
    this.#goal = undefined
    this.#isSlow = false
  }

  slow({ top }: Slow): void {
    this.#isSlow = true
    this.#top = top
  }

  /** @param time when it was sent, by the server's clock, ms */
  heartbeat({ epoch, offset, top }: Heartbeat['feeds'][string], time: number, applied: Position | undefined): void {
    this.#isLate = offset < this.#topBefore
    this.#topBefore = top
    this.#top = top
    if (offset < top) return
    this.caughtUp()
    this.#freshness.came({ epoch, offset }, time, applied)
  }

  /** The status, if it is to be told now. */
  news(around: Surroundings, now: number): LiveStatus | undefined {
    const { serving } = around
    const unread = serving && serving.readAge > UNREAD_MS ? serving.readAge : 0
    const age = serving === undefined ? 0 : this.#freshness.age(serving.time)
    const state = this.#state(around, age, unread > 0)
    const { epoch = this.#epoch, offset = this.#top } = around.applied ?? {}
    const behind = state === 'live' ? 0 : Math.max(0, this.#top - (epoch === this.#epoch ? offset : 0))
    const status = { state, behind, ...(state === 'delayed' && { age: Math.round(Math.max(age, unread)) }) }
    const told = this.#told
    if (told && (isSame(status, told) || (state === told.state && now < this.#toldAt + TELL_MS))) return
    this.#told = status
    this.#toldAt = now
    return status
  }

  #state({ serving, isAsked, isHeldUp }: Surroundings, age: number, isUnread: boolean): LiveState {
    if (!serving && !isAsked) return 'offline'
    if (!serving || this.#goal !== undefined) return 'catching_up'
    this.#isOld = age > (this.#isOld ? NEW : OLD) * serving.heartbeatMs
    return this.#isSlow || this.#isLate || this.#isOld || isUnread || isHeldUp ? 'delayed' : 'live'
  }
}
