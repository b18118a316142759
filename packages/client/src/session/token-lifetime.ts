/** Longest time before the end of a token at which a new one is asked for, ms. */
const LONGEST_MARGIN = 120_000
/** Part of a token's remaining life, if that is shorter. */
const MARGIN = 0.2
/** A token function may give the same token again, which ends no later: it is not asked in a loop. ms */
const LEAST_WAIT = 1000

/**
 * When a socket's token is to be renewed. What a server says is by its own wall clock, which may be hours from this machine's; so only differences to
 * `time` of the same server count, laid over the session's clock anew with each heartbeat: a machine that slept finds out how late it is.
 */
export class TokenLifetime {
  /** By the server's clock, ms. */
  #due = Number.POSITIVE_INFINITY
  /** The server's clock minus the session's, ms. */
  #ahead = 0
  failures = 0

  /** When to ask for a new token, by the session's clock, ms. */
  get renewAt(): number {
    return this.#due - this.#ahead
  }

  heardTime(time: number, now: number): void {
    this.#ahead = time - now
  }

  /** @param expiresAt by the server's clock, ms @param random from 0 to 1, so that clients welcomed together do not renew together */
  lasts(expiresAt: number | undefined, now: number, random: number): void {
    this.failures = 0
    const time = now + this.#ahead
    const left = (expiresAt ?? Number.POSITIVE_INFINITY) - time
    const margin = Math.min(left * MARGIN, LONGEST_MARGIN) * (0.5 + random / 2)
    this.#due = time + Math.max(LEAST_WAIT, left - margin)
  }

  /** Nothing came of it, or not yet: not again before. */
  retryAt(at: number): void {
    this.#due = at + this.#ahead
  }
}
