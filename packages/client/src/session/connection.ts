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
  /** The last ping whose answer is awaited, when it was sent, and how long the server may be silent until it comes, ms. */
  #check: { readonly id: string; readonly at: number; readonly within: number } | undefined
  #checks = 0

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

  /** Whether the answer to a check is awaited: until then what arrives may have been sent before. */
  get isChecked(): boolean {
    return this.#check !== undefined
  }

  /** Whatever the server sends shows that it lives. */
  heard(now: number): void {
    if (!this.isReady) return
    // A line that is slow brings the answer late; what was sent before the check has arrived by now.
    if (this.#check && now >= this.#check.at + this.#check.within) this.#check = undefined
    this.#deadline = now + Math.min(2 * this.heartbeatMs, this.#check?.within ?? Number.POSITIVE_INFINITY)
  }

  /**
   * The socket may be dead: it is given less time to show that it lives. A check does not extend the time of one that
   * is under way, so that a dead socket is left however often it is checked.
   *
   * @param within how long the server may be silent, ms
   * @returns the id of a ping to send; undefined before the welcome, where nothing answers it
   */
  check(within: number, now: number): string | undefined {
    if (!this.isReady) {
      this.#deadline = Math.min(this.#deadline, now + 2 * within)
      return undefined
    }
    // A program that slept, or whose clock jumped, is late: that the time is over then says nothing.
    const isOver = this.#deadline <= now
    if (isOver) this.clock.doubt()
    if (!this.isChecked) this.#deadline = isOver ? now + within : Math.min(this.#deadline, now + within)
    this.#checks += 1
    this.#check = { id: `check ${this.#checks}`, at: now, within }
    return this.#check.id
  }

  /** @param id of the ping, of which a former one may have been sent before the last check */
  answered(id: string | undefined, now: number): void {
    if (this.#check?.id !== id) return
    this.#check = undefined
    this.heard(now)
  }

  /** When to give it up unless something is heard, ms. */
  get deadline(): number {
    return this.#deadline
  }
}
