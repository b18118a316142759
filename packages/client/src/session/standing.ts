import type { Heartbeat, Position, Slow, Subscribed } from '@tickstock/contracts'
import type { LiveState, LiveStatus } from '../live-status.ts'

/** What a subscription's standing depends on beside what its feed says. */
export interface Surroundings {
  /** A ready socket has its feed. */
  readonly isServed: boolean
  /** A ready socket was asked for it. */
  readonly isAsked: boolean
  /** The pipeline is mute, or the application does not keep up. */
  readonly isHeldUp: boolean
  readonly applied: Position | undefined
}

/** Milliseconds between two tellings of how far behind, while the state is the same. */
const TELL_MS = 250

/** How far a subscription is from the end of its log, and why. */
export class Standing {
  #epoch = ''
  #top = 0
  /** Where the end of the log was a heartbeat ago: whoever is not there yet is behind by more than what is on its way. */
  #topBefore = 0
  /** Where the replay under way ends. */
  #goal: number | undefined
  #isSlow = false
  #isLate = false
  #told: LiveStatus | undefined
  #toldAt = 0

  begin({ mode, position, top }: Subscribed): void {
    this.#epoch = position.epoch
    this.#top = top
    this.#topBefore = 0
    this.#goal = mode === 'snapshot' || position.offset < top ? top : undefined
    this.#isSlow = false
    this.#isLate = false
  }

  reached({ epoch, offset }: Position): void {
    this.#top = epoch === this.#epoch ? Math.max(this.#top, offset) : offset
    this.#epoch = epoch
    if (this.#goal !== undefined && offset >= this.#goal) this.#goal = undefined
  }

  caughtUp(): void {
    this.#goal = undefined
    this.#isSlow = false
  }

  slow({ top }: Slow): void {
    this.#isSlow = true
    this.#top = top
  }

  heartbeat({ offset, top }: Heartbeat['feeds'][string]): void {
    this.#isLate = offset < this.#topBefore
    this.#topBefore = top
    this.#top = top
    if (offset >= top) this.caughtUp()
  }

  /** How it stands, if that is to be told now. */
  news(around: Surroundings, now: number): LiveStatus | undefined {
    const state = this.#state(around)
    const { epoch = this.#epoch, offset = this.#top } = around.applied ?? {}
    const behind = state === 'live' ? 0 : Math.max(0, this.#top - (epoch === this.#epoch ? offset : 0))
    const told = this.#told
    if (state === told?.state && (behind === told.behind || now < this.#toldAt + TELL_MS)) return
    this.#told = { state, behind }
    this.#toldAt = now
    return this.#told
  }

  #state({ isServed, isAsked, isHeldUp }: Surroundings): LiveState {
    if (!isServed && !isAsked) return 'offline'
    if (!isServed || this.#goal !== undefined) return 'catching_up'
    return this.#isSlow || this.#isLate || isHeldUp ? 'delayed' : 'live'
  }
}
