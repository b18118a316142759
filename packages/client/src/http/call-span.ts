import { RequestError } from './request-error.ts'

/** The time that a call has: its deadline, and the caller's own signal. Ends what it waits for at once. */
export class CallSpan {
  readonly #stop = new AbortController()
  readonly #given: AbortSignal | undefined
  readonly #ms: number
  #timer: ReturnType<typeof setTimeout> | undefined
  #endsAt = 0

  /** @param ms from now to the deadline @param given the caller's signal */
  constructor(ms: number, given: AbortSignal | undefined) {
    this.#ms = ms
    this.#given = given
    given?.addEventListener('abort', this.#giveUp)
    if (given?.aborted) this.#giveUp()
    else this.extend()
  }

  /** Aborted by the caller with the reason of his, by the deadline with a temporary RequestError. */
  get signal(): AbortSignal {
    return this.#stop.signal
  }

  /** Starts the time anew, e.g. with each part of an answer that comes in parts. */
  extend(): void {
    clearTimeout(this.#timer)
    this.#endsAt = performance.now() + this.#ms
    const late = () => this.#stop.abort(new RequestError(`no answer within ${this.#ms} ms`, { temporary: true }))
    this.#timer = setTimeout(late, this.#ms)
  }

  /**
   * Waits, unless the time would be over before: what failed is then the answer, at once.
   *
   * @throws the failure; what the signal was aborted with
   */
  async wait(ms: number, failure: unknown): Promise<void> {
    if (performance.now() + ms >= this.#endsAt) throw failure
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, ms)
    try {
      await this.race(promise)
    } finally {
      clearTimeout(timer)
    }
  }

  /** @throws what the signal was aborted with, if it comes before the result */
  async race<Result>(work: Promise<Result>): Promise<Result> {
    const { promise, reject } = Promise.withResolvers<never>()
    const give = () => reject(this.signal.reason)
    if (this.signal.aborted) give()
    this.signal.addEventListener('abort', give)
    try {
      return await Promise.race([work, promise])
    } finally {
      this.signal.removeEventListener('abort', give)
    }
  }

  /** Must be called when the call is over: it lets go of the caller's signal and of the timer. */
  end(): void {
    clearTimeout(this.#timer)
    this.#given?.removeEventListener('abort', this.#giveUp)
  }

  readonly #giveUp = () => this.#stop.abort(this.#given?.reason)
}
