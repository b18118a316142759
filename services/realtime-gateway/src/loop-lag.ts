import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks'

/** Between two looks of the histogram at the loop, ms. */
const RESOLUTION = 10

/** What happened longer ago counts no more, ms. */
const WINDOW = 250

/** How late the event loop runs what is due. */
export class LoopLag {
  readonly #delays: IntervalHistogram
  #lag = 0
  #lookedAt = performance.now()

  constructor() {
    this.#delays = monitorEventLoopDelay({ resolution: RESOLUTION })
    this.#delays.enable()
  }

  /** ms, the mean of the last quarter of a second or so. */
  get now(): number {
    const now = performance.now()
    if (now - this.#lookedAt < WINDOW) return this.#lag
    const mean = this.#delays.count > 0 ? this.#delays.mean / 1e6 - RESOLUTION : now - this.#lookedAt
    this.#lag = Math.max(0, mean)
    this.#lookedAt = now
    this.#delays.reset()
    return this.#lag
  }

  stop(): void {
    this.#delays.disable()
  }
}
