export interface SettlingOptions {
  /** Makes one part after the other ready to be read: a turn of the loop each. */
  readonly settle: () => Iterator<undefined>
}

/** Between a change and its settling, ms: what comes meanwhile is settled with it. */
const GATHER_MS = 50

/** Of the time, settling takes no more than one part in so many: while a burst comes in, the burst goes first. */
const SHARE = 40

/**
 * Sorts in what has changed before anybody asks, a little at a time. Left to the scans, an order that nobody had read since 40,000 events would be
 * repaired by the first who reads it, and all others wait: answers were up to 0.6 s old then.
 */
export class Settling {
  readonly #settle: () => Iterator<undefined>
  #timer: NodeJS.Timeout | undefined
  #isStale = false

  constructor({ settle }: SettlingOptions) {
    this.#settle = settle
  }

  /** To be called when something has changed. Cheap to call often. */
  wake(): void {
    this.#isStale = true
    this.#timer ??= setTimeout(() => this.#begin(), GATHER_MS)
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #begin() {
    this.#isStale = false
    this.#step(this.#settle())
  }

  #step(steps: Iterator<undefined>) {
    const began = performance.now()
    const { done } = steps.next()
    const rest = (performance.now() - began) * (SHARE - 1)
    if (!done) {
      this.#timer = setTimeout(() => this.#step(steps), rest)
      return
    }
    this.#timer = undefined
    if (this.#isStale) this.wake()
  }
}
