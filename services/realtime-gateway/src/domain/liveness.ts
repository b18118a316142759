import type { Outlet } from './outlet.ts'

export interface LivenessOptions {
  readonly outlet: Outlet
  readonly now: number
  /** Between two looks. Beyond it nobody looked: the process was stopped, or busy. ms */
  readonly attentionMs: number
  /** Most that a slow reader is given beyond, for what he was handed, ms. */
  readonly patienceMs: number
}

/** The slowest that anybody may read, bytes a second. */
const CRAWL = 1_024

/**
 * When a peer last gave a sign of life: something came from it, or bytes that waited for it went.
 *
 * A slow peer answers nothing until it has read what lies before our ping, so that its bytes go must count. That an idle machine takes what
 * is sent must not: it does so for a process that hangs. And time in which nobody looked does not count at all: a gateway that stood still for ten seconds
 * would else cut everybody at once, for a silence that was its own.
 *
 * Bytes that lie in the buffers of operating systems on the way do not show, and a ping lies behind them: of a reader of 1 KB/s, who never stopped reading ten events a second, nothing
 * was heard for 17 s. So whoever was handed something has the time to read it before he is silent.
 */
export class Liveness {
  readonly #outlet: Outlet
  readonly #attentionMs: number
  readonly #patienceMs: number
  readonly #openedAt: number
  #lookedAt: number
  #missed = 0
  /** Without what was missed. */
  #at: number
  #taken = 0
  /** What had been taken at the last sign of life. */
  #takenThen = 0
  #waiting = false

  constructor({ outlet, now, attentionMs, patienceMs }: LivenessOptions) {
    this.#outlet = outlet
    this.#attentionMs = attentionMs
    this.#patienceMs = patienceMs
    this.#openedAt = now
    this.#lookedAt = now
    this.#at = now
  }

  heard(now: number): void {
    this.#at = now - this.#missed
    this.#takenThen = this.#outlet.taken
  }

  /** Looks at the socket. @returns ms since the last sign of life in which it could have given another */
  silence(now: number): number {
    const since = now - this.#lookedAt
    if (since > this.#attentionMs) this.#missed += since
    this.#at = Math.min(this.#at, now - this.#missed)
    this.#lookedAt = now
    const { taken, buffered } = this.#outlet
    if (this.#waiting && taken > this.#taken) this.heard(now)
    this.#waiting = buffered > 0
    this.#taken = taken
    const reading = Math.min(this.#patienceMs, ((taken - this.#takenThen) / CRAWL) * 1_000)
    return Math.max(0, now - this.#missed - this.#at - reading)
  }

  /** ms since the socket opened in which it was looked at. */
  age(now: number): number {
    return now - this.#missed - this.#openedAt
  }
}
