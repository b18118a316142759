import type { Outlet } from './outlet.ts'

export interface LivenessOptions {
  readonly outlet: Outlet
  readonly now: number
  /** Between two looks. Beyond it nobody looked: the process was stopped, or busy. ms */
  readonly attentionMs: number
}

/** The slowest that a peer may read, bytes a second. */
const CRAWL = 1_024

/**
 * How long a peer has been silent. A sign of life is anything that it sends, and that bytes which waited for it are
 * taken.
 *
 * Bytes that were taken at once are no sign of life: an idle machine takes what is sent to a process that hangs.
 * Time in which this process did not look does not count: a gateway that was stopped for ten seconds would else cut
 * all its connections for a silence of its own.
 *
 * The pong of a slow reader comes when it has read what lies before the ping, so a peer is silent only after the time
 * in which 1 KB/s reads that. What lies behind the ping does not matter: the next ping answers for it. A bound on
 * everything that was handed over, and not read yet, cut a reader of 8 KB/s that answered every ping.
 */
export class Liveness {
  readonly #outlet: Outlet
  readonly #attentionMs: number
  readonly #openedAt: number
  #lookedAt: number
  #missed = 0
  /** Without what was missed. */
  #at: number
  #taken = 0
  #waiting = false

  constructor({ outlet, now, attentionMs }: LivenessOptions) {
    this.#outlet = outlet
    this.#attentionMs = attentionMs
    this.#openedAt = now
    this.#lookedAt = now
    this.#at = now
  }

  heard(now: number): void {
    this.#at = now - this.#missed
  }

  /** Looks at the socket. @returns ms since the last sign of life in which it could have given another */
  silence(now: number): number {
    const since = now - this.#lookedAt
    if (since > this.#attentionMs) this.#missed += since
    this.#at = Math.min(this.#at, now - this.#missed)
    this.#lookedAt = now
    const { taken, buffered, ahead } = this.#outlet
    if (this.#waiting && taken > this.#taken) this.heard(now)
    this.#waiting = buffered > 0
    this.#taken = taken
    const reading = (ahead / CRAWL) * 1_000
    return Math.max(0, now - this.#missed - this.#at - reading)
  }

  /** ms since the socket opened in which it was looked at. */
  age(now: number): number {
    return now - this.#missed - this.#openedAt
  }
}
