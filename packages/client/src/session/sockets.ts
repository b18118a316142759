import { CLOSE_CODES, reconnectAfter } from '@tickstock/contracts'
import { Connection } from './connection.ts'
import type { SessionEffect, SessionState } from './effect.ts'
import type { SessionCounters } from './session-counters.ts'

export interface SocketsOptions {
  readonly emit: (effect: SessionEffect) => void
  /** A socket is left, whoever ended it. */
  readonly left: (socket: number) => void
  /** Milliseconds to wait after so many failures. */
  readonly wait: (failures: number) => number
  /** Gives a number from 0 to 1, for jitter. */
  readonly random: () => number
  readonly answerWithinMs: number
  readonly counters: SessionCounters
  /** A new token can be had, so one that is refused, or has ended, is no reason to stop at once. */
  readonly renewable: boolean
}

const NORMAL = 1000
/** A code for applications: to the server it is any other leave. */
const GAVE_UP = 3000
/** What no server sends: the connection ended on this side. */
const ABNORMAL = 1006
/** Longest wait before the attempt that the network's return calls for, ms: the clients of a building share that event. */
const RETURN_MS = 500
/** How long the server of a socket that is checked may be silent, ms. The jitter is for the clients that leave theirs. */
const CHECK_MS = { least: 1_250, jitter: 500 } as const
/**
 * Between attempts while the platform says that there is no network, ms. Chromium holds each attempt of a page back by up
 * to 5 s after 16 that failed in its last three to six minutes, also the one that the return of the network calls for.
 */
const OFFLINE_MS = { least: 30_000, jitter: 30_000 } as const
/** Tokens refused one after the other, after which another will not do either. */
const MOST_REFUSALS = 3
/** Codes below are no word of a server of ours: it was killed, or the network broke. */
const FIRST_OF_OURS = 4000
/**
 * A server that closes with "resume", or is killed, is replaced within seconds. For so long the wait does not grow beyond that
 * of the third failure, one second, so that a client is live soon after the server is back. ms
 */
const BACK_SOON = 10_000
const BACK_SOON_FAILURES = 3

/** The socket in use, its successor while one takes over, and when to try the next. */
export class Sockets {
  readonly #options: SocketsOptions
  main: Connection | undefined
  /** The socket that takes over from one whose server is going. */
  successor: Connection | undefined
  retryAt: number | undefined
  ended: 'stopped' | 'closed' | undefined
  /** Attempts since the last heartbeat that found everything complete; those for a successor are not among them. */
  #failures = 0
  /** Attempts for a successor that failed in a row. */
  #searches = 0
  /** A heartbeat found everything complete since the last socket that was opened at once. */
  #isSound = true
  #backSoonUntil = Number.NEGATIVE_INFINITY
  /** Why the state is what it is. */
  reason = ''
  opened = 0
  /** The platform says that there is no network, and no server has shown the contrary since. */
  isOffline = false
  #refusals = 0

  constructor(options: SocketsOptions) {
    this.#options = options
  }

  get state(): SessionState {
    if (this.ended !== undefined) return this.ended
    if (this.main !== undefined) return this.main.isReady ? 'live' : 'connecting'
    return this.retryAt === undefined ? 'idle' : 'waiting'
  }

  get all(): Connection[] {
    return [this.successor, this.main].filter(connection => connection !== undefined)
  }

  /** Where to ask. */
  get ready(): Connection | undefined {
    return this.all.find(({ isReady }) => isReady)
  }

  get wakeAt(): number {
    const tokens = this.#options.renewable ? this.all.filter(({ isReady }) => isReady) : []
    const times = [...this.all.map(({ deadline }) => deadline), ...tokens.map(({ token }) => token.renewAt)]
    return Math.min(this.retryAt ?? Number.POSITIVE_INFINITY, ...times)
  }

  open(now: number): void {
    this.main = this.#connect(now)
  }

  /** A heartbeat found everything complete. */
  sound(): void {
    this.#failures = 0
    this.#isSound = true
  }

  /** The server is going. */
  drain(connection: Connection, now: number): void {
    connection.draining = true
    if (connection === this.main && this.successor === undefined && this.retryAt === undefined) {
      this.successor = this.#connect(now)
    }
  }

  /** The successor has everything: the one before is left. */
  handOver(now: number): void {
    if (this.main === undefined) return
    const { main } = this
    this.#hangUp(main, NORMAL, 'handed over')
    this.#promote(main, now)
  }

  closed(connection: Connection, code: number, reason: string, now: number): void {
    this.reason = reason === '' ? `closed with ${code}` : `closed with ${code}: ${reason}`
    if (connection === this.main && this.successor !== undefined) this.#promote(connection, now)
    else {
      this.#options.left(connection.socket)
      if (connection === this.main) this.#lost(code, connection.isReady, now)
      else {
        this.successor = undefined
        this.#retryLater(now)
      }
    }
  }

  giveUp(connection: Connection, reason: string, now: number): void {
    this.#hangUp(connection, GAVE_UP, reason)
    this.closed(connection, ABNORMAL, reason, now)
  }

  /** Whatever is due: sockets that are silent are left, tokens renewed, the next attempt made. */
  tick(now: number): void {
    for (const connection of this.all) {
      if (connection.deadline <= now) this.giveUp(connection, 'silence', now)
      else if (this.#options.renewable && connection.isReady && connection.token.renewAt <= now) {
        this.#options.emit({ type: 'renew', socket: connection.socket })
        connection.token.retryAt(now + this.#options.answerWithinMs)
      }
    }
    if (this.retryAt === undefined || this.retryAt > now) return
    if (this.main === undefined) this.open(now)
    else this.successor = this.#connect(now)
  }

  /** What was begun without a network is begun again; of what is open it is to be seen. */
  online(now: number): void {
    this.isOffline = false
    // Its first packet was lost, and the next is sent only after seconds.
    for (const connection of this.all) {
      if (connection.phase === 'opening') this.giveUp(connection, 'the network is back', now)
    }
    this.#failures = 0
    this.wake(now)
  }

  /** A socket that still serves shows it, and stays. */
  offline(now: number): void {
    this.isOffline = true
    this.#check(now)
  }

  /** Sockets may have ended unnoticed; the next attempt need not wait. */
  wake(now: number): void {
    if (this.retryAt !== undefined) {
      this.retryAt = Math.min(this.retryAt, now + RETURN_MS * this.#options.random())
    }
    this.#check(now)
  }

  /** Its token function is asked again until the token it has ends. */
  renewFailed({ token }: Connection, detail: string, now: number): void {
    token.failures += 1
    const action = 'It is asked for again'
    const refusal = { code: 'unauthenticated', detail, action, temporary: true }
    this.#options.emit({ type: 'warning', refusal })
    token.retryAt(now + this.#options.wait(token.failures))
  }

  end(how: 'stopped' | 'closed', reason: string): void {
    this.ended = how
    this.hangUpAll(reason)
  }

  hangUpAll(reason: string): void {
    this.reason = reason
    for (const connection of this.all) {
      this.#hangUp(connection, NORMAL, reason)
      this.#options.left(connection.socket)
    }
    this.main = undefined
    this.successor = undefined
    this.retryAt = undefined
    this.#failures = 0
    this.#searches = 0
  }

  #check(now: number): void {
    for (const connection of this.all) {
      const id = connection.check(this.#between(CHECK_MS), now)
      if (id === undefined) continue
      this.#options.emit({ type: 'send', socket: connection.socket, message: { type: 'ping', id } })
    }
  }

  #connect(now: number): Connection {
    if (this.opened > 0) this.#options.counters.reconnects += 1
    this.opened += 1
    this.retryAt = undefined
    this.#options.emit({ type: 'open', socket: this.opened })
    return new Connection(this.opened, now + this.#options.answerWithinMs)
  }

  #promote(left: Connection, now: number): void {
    this.#options.left(left.socket)
    this.main = this.successor
    this.successor = undefined
    this.retryAt = undefined
    this.#searches = 0
    if (this.main?.draining) this.#retryLater(now)
  }

  #lost(code: number, wasReady: boolean, now: number): void {
    this.main = undefined
    const reconnect = reconnectAfter(code)
    const isOfToken = code === CLOSE_CODES.unauthenticated && this.#options.renewable
    if (wasReady) this.#refusals = 0
    if (isOfToken) this.#refusals += 1
    if (reconnect === 'stop' && !(isOfToken && this.#refusals <= MOST_REFUSALS)) this.end('stopped', this.reason)
    else if (wasReady && this.#isSound && (reconnect === 'resume' || code < FIRST_OF_OURS)) {
      this.#isSound = false
      this.#failures = 0
      this.#backSoonUntil = now + BACK_SOON
      if (reconnect === 'resume' && !this.isOffline) this.open(now)
      else this.#retryLater(now)
    } else this.#retryLater(now)
  }

  #retryLater(now: number): void {
    const failures = this.main === undefined ? this.#failed(now) : ++this.#searches
    this.retryAt = now + (this.isOffline ? this.#between(OFFLINE_MS) : this.#options.wait(failures))
  }

  #failed(now: number): number {
    this.#failures += 1
    if (now < this.#backSoonUntil) this.#failures = Math.min(this.#failures, BACK_SOON_FAILURES)
    return this.#failures
  }

  #between({ least, jitter }: { readonly least: number; readonly jitter: number }): number {
    return least + jitter * this.#options.random()
  }

  #hangUp({ socket }: Connection, code: number, reason: string): void {
    this.#options.emit({ type: 'hang_up', socket, code, reason })
  }
}
