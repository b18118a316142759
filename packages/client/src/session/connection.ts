import { ServerClock } from './server-clock.ts'
import { TokenLifetime } from './token-lifetime.ts'

/** A socket as the session sees it. */
export class Connection {
  readonly socket: number
  readonly clock = new ServerClock()
  readonly token = new TokenLifetime(this.clock)
  phase: 'opening' | 'authenticating' | 'ready' = 'opening'
  /** The server said that it is going. */
  draining = false
  heartbeatMs = 0
  /** Since the server has read the log, as its last heartbeat says, ms. */
  readAge = 0
  #deadline: number

  /** @param until when it must be ready, ms */
  constructor(socket: number, until: number) {
    this.socket = socket
    this.#deadline = until
  }

  get isReady(): boolean {
    return this.phase === 'ready'
  }

  welcomed(heartbeatMs: number, now: number): void {
    this.phase = 'ready'
    this.heartbeatMs = heartbeatMs
    this.heard(now)
  }

  /** Whatever the server sends shows that it lives. */
  heard(now: number): void {
    if (this.isReady) this.#deadline = now + 2 * this.heartbeatMs
  }

  /** When to give it up unless something is heard, ms. */
  get deadline(): number {
    return this.#deadline
  }
}
