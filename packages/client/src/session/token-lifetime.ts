import type { ServerClock } from './server-clock.ts'

/** Longest time before the end of a token at which a new one is asked for, ms. */
const LONGEST_MARGIN = 120_000
/** Part of a token's remaining life, if that is shorter. */
const MARGIN = 0.2
/** A token function may give the same token again, which ends no later: it is not asked in a loop. ms */
const LEAST_WAIT = 1000

/**
 * When a socket's token is to be renewed. What a server says is by its own wall clock, which may be hours from this machine's; so it is kept in the
 * time of that server: a machine that slept finds out how late it is.
 */
export class TokenLifetime {
  /** By the server's clock, ms. */
  #due = Number.POSITIVE_INFINITY
  readonly #clock: ServerClock
  failures = 0

  constructor(clock: ServerClock) {
    this.#clock = clock
  }

  /** When to ask for a new token, by the session's clock, ms. */
  get renewAt(): number {
    return this.#clock.whenIs(this.#due)
  }

  /** @param expiresAt by the server's clock, ms @param random from 0 to 1, so that clients welcomed together do not renew together */
  lasts(expiresAt: number | undefined, now: number, random: number): void {
    this.failures = 0
    const time = this.#clock.timeAt(now)
    const left = (expiresAt ?? Number.POSITIVE_INFINITY) - time
    const margin = Math.min(left * MARGIN, LONGEST_MARGIN) * (0.5 + random / 2)
    this.#due = time + Math.max(LEAST_WAIT, left - margin)
  }

  /** Nothing came of it, or not yet: not again before. */
  retryAt(at: number): void {
    this.#due = this.#clock.timeAt(at)
  }
}
