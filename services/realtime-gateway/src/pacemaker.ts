/**
 * Least time between two flushes, ms. A write costs some 10 µs whatever is in it, so at a high rate what is due is joined; at a low rate
 * nothing waits, since the first flush after a pause comes at once.
 */
const INTERVAL_MS = 10

/** Says when to flush: at once after a pause, else an interval after the last time. */
export class Pacemaker {
  readonly #beat: () => void
  #last = Number.NEGATIVE_INFINITY
  #next: NodeJS.Timeout | undefined
  #stopped = false

  constructor(beat: () => void) {
    this.#beat = beat
  }

  /** Something is due. Cheap to call often. */
  wake(): void {
    if (this.#next !== undefined || this.#stopped) return
    const wait = this.#last + INTERVAL_MS - performance.now()
    this.#next = setTimeout(() => this.#run(), Math.max(0, wait))
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#next)
  }

  #run(): void {
    this.#last = performance.now()
    this.#next = undefined
    this.#beat()
  }
}
