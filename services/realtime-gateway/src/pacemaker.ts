export interface PacemakerOptions {
  /** Does a part of a round. @returns whether the round is not over */
  readonly beat: () => boolean
  /**
   * Least time from the beginning of one round to that of the next, ms. The first one after a pause begins at once.
   */
  readonly intervalMs: number
  /** ms. Default: `performance.now`. */
  readonly now?: () => number
}

/**
 * A round that takes longer than the interval is followed by a pause of this share of what it took. So with more work it is what each round joins that
 * grows, and not what waits; and those who share the machine, the clients' side of the kernel above all, are left some of it.
 */
const PAUSE = 0.25

/** Says when to work: at once after a pause, else an interval after the last time; and lets others run between the parts of a round. */
export class Pacemaker {
  readonly #beat: () => boolean
  readonly #intervalMs: number
  readonly #now: () => number
  #began = 0
  #notBefore = Number.NEGATIVE_INFINITY
  #timer: NodeJS.Timeout | undefined
  #isInRound = false
  #isWoken = false
  #isStopped = false

  constructor({ beat, intervalMs, now = () => performance.now() }: PacemakerOptions) {
    this.#beat = beat
    this.#intervalMs = intervalMs
    this.#now = now
  }

  /** Something is due. Cheap to call often. */
  wake(): void {
    if (this.#isWoken || this.#isStopped) return
    this.#isWoken = true
    if (!this.#isInRound) this.#schedule()
  }

  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
  }

  #schedule(): void {
    const wait = this.#notBefore - this.#now()
    if (wait > 0) this.#timer = setTimeout(() => this.#begin(), wait)
    else setImmediate(() => this.#begin())
  }

  #begin(): void {
    this.#began = this.#now()
    this.#isInRound = true
    this.#isWoken = false
    this.#goOn()
  }

  #goOn(): void {
    if (this.#isStopped) return
    if (this.#beat()) {
      setImmediate(() => this.#goOn())
      return
    }
    const now = this.#now()
    const took = now - this.#began
    this.#notBefore = this.#intervalMs === 0 ? now : Math.max(this.#began + this.#intervalMs, now + took * PAUSE)
    this.#isInRound = false
    if (this.#isWoken) this.#schedule()
  }
}
