/** Two clocks drift apart by less: an estimate gives way by so much, ms in each ms. */
const DRIFT = 0.0005

/**
 * The time of a socket's server, as messages tell it that carry their `time`. One that was under way for long says an
 * earlier time than it is, so the message with the smallest delay counts. It is at most that delay behind the server.
 */
export class ServerClock {
  /** The server's clock minus the session's, ms. */
  #ahead = Number.NEGATIVE_INFINITY
  #time = 0
  #heardAt = 0

  /** @param time by the server's clock @param now by the session's, ms */
  heard(time: number, now: number): void {
    const ahead = time - now
    const known = this.#ahead - DRIFT * (now - this.#heardAt)
    // Messages come in order: a time that goes back is a clock that was set, and what is known of it is void.
    this.#ahead = time < this.#time ? ahead : Math.max(ahead, known)
    this.#time = time
    this.#heardAt = now
  }

  /** The session's clock may have jumped: the next message counts, whatever its delay. */
  doubt(): void {
    this.#time = Number.POSITIVE_INFINITY
  }

  /** What the server's clock shows, ms. */
  timeAt(now: number): number {
    return now + this.#ahead
  }

  /** When the session's clock shows what the server's does at a time, ms. */
  whenIs(time: number): number {
    return time - this.#ahead
  }
}
