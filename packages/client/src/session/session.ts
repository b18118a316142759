import { decodeServerFrame, ProtocolError, reconnectAfter, type ServerMessage } from '@tickstock/contracts'
import { type BackOffBounds, waitAfter } from '../back-off.ts'
import { Connection } from './connection.ts'
import type { SessionEffect, SessionState } from './effect.ts'
import type { SessionInput, SocketInput, SubscriptionRequest } from './input.ts'
import { type Completeness, Subscriptions } from './subscriptions.ts'

export interface SessionOptions {
  /** Gives a number from 0 to 1, for jitter. */
  readonly random: () => number
  readonly backOff: BackOffBounds
  /** From the wish for a socket to its `welcome`, and from `subscribe` to its answer, ms. */
  readonly answerWithinMs: number
}

/** What a session has seen since it began. */
export interface SessionCounters {
  readonly delivered: number
  readonly duplicates: number
  readonly gaps: number
  /** Times that something was missing on a live socket and was asked for again. */
  readonly recoveries: number
  /** Sockets that were opened after the first one. */
  readonly reconnects: number
}

const NORMAL = 1000
/** A code for applications: to the server it is any other leave. */
const GAVE_UP = 3000
/** What no server sends: the connection ended on this side. */
const ABNORMAL = 1006

/**
 * The client's side of `tickstock.v1`, as a function of what happens: no sockets, no timers, no clock. See SPEC.md.
 * Events reach the application exactly once and in order, or it is told of the gap.
 */
export class Session {
  readonly #options: SessionOptions
  readonly #subscriptions: Subscriptions
  #effects: SessionEffect[] = []
  #now = 0
  #sockets = 0
  /** Attempts since the last heartbeat that found everything complete. */
  #failures = 0
  #retryAt: number | undefined
  #main: Connection | undefined
  /** The socket that takes over from one whose server is going. */
  #successor: Connection | undefined
  #ended: 'stopped' | 'closed' | undefined
  #told: SessionState = 'idle'
  #reason = ''

  constructor(options: SessionOptions) {
    this.#options = options
    this.#subscriptions = new Subscriptions({
      emit: effect => this.#effects.push(effect),
      wait: refusals => this.#wait(refusals),
      answerWithinMs: options.answerWithinMs
    })
  }

  get state(): SessionState {
    if (this.#ended !== undefined) return this.#ended
    if (this.#main !== undefined) return this.#main.phase === 'ready' ? 'live' : 'connecting'
    return this.#retryAt === undefined ? 'idle' : 'waiting'
  }

  get counters(): SessionCounters {
    return { ...this.#subscriptions.counters, reconnects: Math.max(0, this.#sockets - 1) }
  }

  /** When a `tick` is needed at the latest, ms; Infinity while nothing is awaited. */
  get wakeAt(): number {
    const times = [this.#retryAt, this.#main?.deadline, this.#successor?.deadline]
    if (this.#main?.phase === 'ready') times.push(this.#subscriptions.wakeAt)
    return Math.min(...times.map(time => time ?? Number.POSITIVE_INFINITY))
  }

  /** @param now ms, never going back */
  step(input: SessionInput, now: number): readonly SessionEffect[] {
    this.#now = now
    this.#effects = []
    if (this.#ended !== 'closed') this.#take(input)
    if (this.state !== this.#told) {
      this.#told = this.state
      this.#effects.push({ type: 'state', state: this.#told, reason: this.#reason })
    }
    return this.#effects
  }

  #take(input: SessionInput): void {
    switch (input.type) {
      case 'subscribe':
        this.#subscribe(input.request)
        break
      case 'unsubscribe':
        this.#subscriptions.remove(input.id)
        this.#settle()
        break
      case 'rewind':
        this.#subscriptions.rewind(input.id, input.to, this.#now)
        break
      case 'tick':
        this.#tick()
        break
      case 'reconnect':
        this.#reconnect()
        break
      case 'close':
        this.#end('closed', 'by the application')
        break
      default: {
        const connection = [this.#main, this.#successor].find(open => open?.socket === input.socket)
        if (connection !== undefined) this.#hear(connection, input)
      }
    }
  }

  #hear(connection: Connection, input: SocketInput): void {
    switch (input.type) {
      case 'opened':
        connection.phase = 'authenticating'
        this.#effects.push({ type: 'authenticate', socket: input.socket })
        break
      case 'frame':
        this.#received(connection, input.text)
        break
      case 'closed':
        this.#closed(connection, input.code, input.reason)
    }
  }

  #subscribe(request: SubscriptionRequest): void {
    const subscription = this.#subscriptions.add(request)
    const connection = this.#successor?.phase === 'ready' ? this.#successor : this.#main
    if (connection?.phase === 'ready') this.#subscriptions.ask(connection.socket, subscription, this.#now)
    else if (this.state === 'idle') this.#main = this.#connect()
  }

  #received(connection: Connection, text: string): void {
    connection.heard(this.#now)
    try {
      for (const message of decodeServerFrame(text)) {
        if (connection === this.#main || connection === this.#successor) this.#heed(connection, message)
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.#giveUp(connection, `the server broke the protocol: ${error.message}`)
    }
  }

  #heed(connection: Connection, message: ServerMessage): void {
    if (message.type === 'welcome') this.#welcome(connection, message.heartbeat_ms)
    else if (message.type === 'drain') this.#drain(connection)
    else {
      const completeness = this.#pass(connection.socket, message)
      const isSound = message.type === 'heartbeat' && connection.phase === 'ready' && completeness === 'complete'
      if (isSound) this.#failures = 0
      if (completeness === 'hopeless') this.#giveUp(connection, 'what is missing is not sent again')
      else this.#settle()
    }
  }

  /** What is about subscriptions. */
  #pass(socket: number, message: ServerMessage): Completeness {
    switch (message.type) {
      case 'event':
        return this.#subscriptions.event(socket, message, this.#now)
      case 'heartbeat':
        return this.#subscriptions.heartbeat(socket, message, this.#now)
      case 'gap':
        return this.#subscriptions.gap(socket, message, this.#now)
      case 'retargeted':
        return this.#subscriptions.retargeted(socket, message, this.#now)
      case 'subscribed':
        this.#subscriptions.subscribed(socket, message)
        break
      case 'caught_up':
        this.#subscriptions.caughtUp(socket, message)
        break
      case 'error':
        this.#subscriptions.refused(socket, message, this.#now)
    }
    return 'complete'
  }

  #welcome(connection: Connection, heartbeatMs: number): void {
    if (connection.phase === 'ready') return
    connection.welcomed(heartbeatMs, this.#now)
    this.#reason = 'welcome'
    if (connection === this.#main && this.#successor?.phase === 'ready') return
    this.#subscriptions.askAll(connection.socket, this.#now)
  }

  #drain(connection: Connection): void {
    connection.draining = true
    if (connection === this.#main && this.#successor === undefined && this.#retryAt === undefined) {
      this.#successor = this.#connect()
    }
  }

  /** Leaves what is of no more use: every socket when nobody listens, the one that is going when its successor has it all. */
  #settle(): void {
    if (this.#subscriptions.isEmpty) {
      if (this.#ended === undefined) this.#hangUpAll('nothing to listen to')
    } else if (this.#main && this.#successor?.phase === 'ready' && this.#subscriptions.areOn(this.#successor.socket)) {
      this.#hangUp(this.#main, NORMAL, 'handed over')
      this.#promote(this.#main)
    }
  }

  #promote(left: Connection): void {
    this.#subscriptions.leave(left.socket)
    this.#main = this.#successor
    this.#successor = undefined
    this.#retryAt = undefined
    if (this.#main?.draining) this.#retryLater()
  }

  #closed(connection: Connection, code: number, reason: string): void {
    this.#reason = reason === '' ? `closed with ${code}` : `closed with ${code}: ${reason}`
    if (connection === this.#main && this.#successor !== undefined) this.#promote(connection)
    else {
      this.#subscriptions.leave(connection.socket)
      if (connection === this.#main) this.#lost(code, connection.phase === 'ready')
      else {
        this.#successor = undefined
        this.#retryLater()
        if (this.#main?.phase === 'ready') this.#subscriptions.askLost(this.#main.socket, this.#now)
      }
    }
  }

  #lost(code: number, wasReady: boolean): void {
    this.#main = undefined
    const reconnect = reconnectAfter(code)
    if (reconnect === 'stop') this.#end('stopped', this.#reason)
    else if (reconnect === 'resume' && wasReady && this.#failures === 0) {
      this.#failures = 1
      this.#main = this.#connect()
    } else this.#retryLater()
  }

  #giveUp(connection: Connection, reason: string): void {
    this.#hangUp(connection, GAVE_UP, reason)
    this.#closed(connection, ABNORMAL, reason)
  }

  #tick(): void {
    for (const connection of [this.#successor, this.#main]) {
      if (connection === undefined) continue
      if (connection.deadline <= this.#now) this.#giveUp(connection, 'silence')
      else if (this.#subscriptions.areOverdue(connection.socket, this.#now)) {
        this.#giveUp(connection, 'no answer to subscribe')
      }
    }
    if (this.#retryAt !== undefined && this.#retryAt <= this.#now) {
      if (this.#main === undefined) this.#main = this.#connect()
      else this.#successor = this.#connect()
    }
    if (this.#main?.phase === 'ready') this.#subscriptions.askRefused(this.#main.socket, this.#now)
  }

  #reconnect(): void {
    if (this.state !== 'stopped' && this.state !== 'waiting') return
    this.#ended = undefined
    this.#reason = 'by the application'
    if (!this.#subscriptions.isEmpty) this.#main = this.#connect()
  }

  #connect(): Connection {
    this.#sockets += 1
    this.#retryAt = undefined
    this.#effects.push({ type: 'open', socket: this.#sockets })
    return new Connection(this.#sockets, this.#now + this.#options.answerWithinMs)
  }

  #retryLater(): void {
    this.#failures += 1
    this.#retryAt = this.#now + this.#wait(this.#failures)
  }

  #wait(failures: number): number {
    return waitAfter(failures, this.#options.random(), this.#options.backOff)
  }

  #end(how: 'stopped' | 'closed', reason: string): void {
    this.#ended = how
    this.#hangUpAll(reason)
  }

  #hangUpAll(reason: string): void {
    this.#reason = reason
    for (const connection of [this.#main, this.#successor]) {
      if (connection === undefined) continue
      this.#hangUp(connection, NORMAL, reason)
      this.#subscriptions.leave(connection.socket)
    }
    this.#main = undefined
    this.#successor = undefined
    this.#retryAt = undefined
    this.#failures = 0
  }

  #hangUp({ socket }: Connection, code: number, reason: string): void {
    this.#effects.push({ type: 'hang_up', socket, code, reason })
  }
}
