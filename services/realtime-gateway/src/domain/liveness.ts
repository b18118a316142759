import type { Outlet } from './outlet.ts'

/**
 * When a peer last gave a sign of life: something came from it, or bytes that waited for it went.
 *
 * A slow peer answers nothing until it has read what lies before our ping, so that its bytes go must count. That an idle machine takes what
 * is sent must not: it does so for a process that hangs.
 */
export class Liveness {
  readonly #outlet: Outlet
  #at: number
  #taken = 0
  #waiting = false

  constructor(outlet: Outlet, now: number) {
    this.#outlet = outlet
    this.#at = now
  }

  heard(now: number): void {
    this.#at = now
  }

  /** Looks at the socket. @returns ms since the last sign of life */
  silence(now: number): number {
    const { taken, buffered } = this.#outlet
    if (this.#waiting && taken > this.#taken) this.#at = now
    this.#waiting = buffered > 0
    this.#taken = taken
    return now - this.#at
  }
}
