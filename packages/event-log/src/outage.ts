import type { Logger } from './logger.ts'
import { isRetryable } from './retryable.ts'

/** While an outage lasts, one line in so many milliseconds says that it still does. */
const REMIND_EVERY_MS = 30_000

/**
 * Logs a run of failures as one outage: a line when it begins, one now and then, one when it is over.
 *
 * A Redis that is away, or whatever else is expected, needs no stack. Another error does, and is told even while that lasts.
 */
export class Outage {
  readonly #logger: Logger
  readonly #what: string
  readonly #about: object
  readonly #isExpected: (error: unknown) => boolean
  #began: { readonly at: number; readonly failures: number; readonly expected: boolean } | undefined
  #toldAt = 0

  /**
   * @param what is failing, e.g. `reading the log`
   * @param about goes with every line
   * @param isExpected which errors need no stack; by default those of a Redis that is away
   */
  constructor(logger: Logger, what: string, about: object = {}, isExpected = isRetryable) {
    this.#logger = logger
    this.#what = what
    this.#about = about
    this.#isExpected = isExpected
  }

  failed(error: unknown): void {
    const now = Date.now()
    const expected = this.#isExpected(error)
    const before = this.#began
    this.#began = {
      at: before?.at ?? now,
      failures: (before?.failures ?? 0) + 1,
      expected: expected && (before?.expected ?? true)
    }
    const news = before === undefined || before.expected !== this.#began.expected
    if (!news && now - this.#toldAt < REMIND_EVERY_MS) return
    this.#toldAt = now
    const why = expected ? { reason: reasonOf(error) } : { err: error }
    this.#logger.warn({ ...this.#about, ...why, ...this.#sum(now) }, `${this.#what} fails`)
  }

  /** It works. Cheap to call always. */
  over(): void {
    if (this.#began === undefined) return
    this.#logger.info({ ...this.#about, ...this.#sum(Date.now()) }, `${this.#what} works again`)
    this.#began = undefined
  }

  #sum(now: number) {
    return this.#began && { failures: this.#began.failures, ms: now - this.#began.at }
  }
}

/** Of an error that is expected, which is an Error always. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
}
