/** What is left to one sender after a request was counted. */
export interface Allowance {
  /** Requests that may follow at once; negative where this one is too many. */
  readonly remaining: number
  /** Until one more may come, ms; 0 where it may now. */
  readonly wait: number
}

export interface RateGaugeOptions {
  readonly perSecond: number
  /** Requests that may come at once. Default: what two seconds allow. */
  readonly burst?: number
  /** Senders known at a time, in each of two generations. */
  readonly senders?: number
}

const SENDERS = 50_000

/**
 * Counts requests by sender: a leaky bucket each (GCRA), of which one number is kept.
 *
 * Bounded: when so many senders are known, those that were not heard of since the last time are forgotten, and may begin anew.
 */
export class RateGauge {
  readonly perSecond: number
  readonly burst: number
  readonly #senders: number
  /** ms between requests at the allowed rate */
  readonly #interval: number
  /** When the bucket of a sender is empty again, ms. */
  #emptyAt = new Map<string, number>()
  #before = new Map<string, number>()

  constructor({ perSecond, burst = 2 * perSecond, senders = SENDERS }: RateGaugeOptions) {
    this.perSecond = perSecond
    this.burst = burst
    this.#senders = senders
    this.#interval = 1_000 / perSecond
  }

  /** Counts a request, unless it is too many. @param now ms, of a clock that does not go back */
  take(sender: string, now: number): Allowance {
    const level = this.#levelOf(sender, now) + this.#interval
    const room = this.burst * this.#interval - level
    if (room >= -ROUNDING) this.#keep(sender, now + level)
    return this.#allowance(room)
  }

  /** What a request would meet, without counting one. */
  look(sender: string, now: number): Allowance {
    return this.#allowance(this.burst * this.#interval - this.#levelOf(sender, now) - this.#interval)
  }

  #allowance(room: number): Allowance {
    return { remaining: Math.floor((room + ROUNDING) / this.#interval), wait: room >= -ROUNDING ? 0 : -room }
  }

  #levelOf(sender: string, now: number): number {
    const emptyAt = this.#emptyAt.get(sender) ?? this.#before.get(sender) ?? now
    return Math.max(0, emptyAt - now)
  }

  #keep(sender: string, emptyAt: number): void {
    if (this.#emptyAt.size >= this.#senders && !this.#emptyAt.has(sender)) {
      this.#before = this.#emptyAt
      this.#emptyAt = new Map()
    }
    this.#emptyAt.set(sender, emptyAt)
  }
}

/** What adding up fractions of a millisecond may be off. */
const ROUNDING = 1e-6
