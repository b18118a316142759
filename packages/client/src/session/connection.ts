/** A socket as the session sees it. */
export class Connection {
  readonly socket: number
  phase: 'opening' | 'authenticating' | 'ready' = 'opening'
  /** The server said that it is going. */
  draining = false
  #deadline: number
  #silenceMs = 0

  /** @param until when it must be ready, ms */
  constructor(socket: number, until: number) {
    this.socket = socket
    this.#deadline = until
  }

  welcomed(heartbeatMs: number, now: number): void {
    this.phase = 'ready'
    this.#silenceMs = 2 * heartbeatMs
    this.heard(now)
  }

  /** Whatever the server sends shows that it lives. */
  heard(now: number): void {
    if (this.phase === 'ready') this.#deadline = now + this.#silenceMs
  }

  /** When to give it up unless something is heard, ms. */
  get deadline(): number {
    return this.#deadline
  }
}
