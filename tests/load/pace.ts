/** How many events are due at a rate, by the clock rather than by ticks: a late tick makes up for it. */
export class Pace {
  #rate = 0
  #since = 0
  #taken = 0

  /** @param rate events a second, from now on */
  set(rate: number, now: number): void {
    this.#rate = rate
    this.#since = now
    this.#taken = 0
  }

  /** Events that have become due since the last call. @param now ms */
  take(now: number): number {
    const due = Math.floor(((now - this.#since) * this.#rate) / 1_000) - this.#taken
    this.#taken += due
    return due
  }
}
