export interface LogAbsenceOptions {
  readonly isLogAway: () => boolean
  /** Tells the clients to go, unless it is over before. */
  readonly handOver: (isOver: () => boolean) => void
}

/**
 * Clients are handed over when the log has been away for so long, ms. That is six seconds after the last read: a Redis that
 * restarts is back by then, and its clients keep their sockets.
 */
const PATIENCE = 2_000

/** Hands the clients over, once in each time in which the log is away for long. */
export class LogAbsence {
  readonly #options: LogAbsenceOptions
  #since: number | undefined
  #isHandedOver = false

  constructor(options: LogAbsenceOptions) {
    this.#options = options
  }

  /** To be called several times in a second. */
  look(now: number): void {
    const { isLogAway, handOver } = this.#options
    if (!isLogAway()) {
      this.#since = undefined
      this.#isHandedOver = false
      return
    }
    this.#since ??= now
    const since = this.#since
    if (this.#isHandedOver || now - since < PATIENCE) return
    this.#isHandedOver = true
    handOver(() => this.#since !== since)
  }
}
