import {
  decodeServerFrame,
  type Heartbeat,
  ProtocolError,
  type ServerMessage,
  type Welcome
} from '@tickstock/contracts'
import { type BackOffBounds, waitAfter } from '../back-off.ts'
import type { Connection } from './connection.ts'
import type { SessionEffect, SessionState } from './effect.ts'
import type { SessionInput, SocketInput, SubscriptionRequest } from './input.ts'
import { type Completeness, type OfSubscriptions, Received } from './received.ts'
import type { SessionCounters } from './session-counters.ts'
import { Sockets } from './sockets.ts'
import { Subscriptions } from './subscriptions.ts'
import { Upkeep } from './upkeep.ts'

export interface SessionOptions {
  /** Gives a number from 0 to 1, for jitter. */
  readonly random: () => number
  readonly backOff: BackOffBounds
  /** From the wish for a socket to its `welcome`, and from `subscribe` to its answer, ms. */
  readonly answerWithinMs: number
  /** Most events of a subscription that are on their way or wait for the application. */
  readonly window: number
  /** A new token can be had before the end of one. */
  readonly renewable: boolean
  /** What is counted; sessions may share it. */
  readonly counters: SessionCounters
}

/** A tick so much later than it was due follows a sleep, or a clock that jumped, ms. A page with much to do is late too, by less. */
const LATE_MS = 1_000

/**
 * The client's side of `tickstock.v1`, as a function of what happens: no sockets, no timers, no clock. See SPEC.md.
 * Events reach the application exactly once and in order, or it is told of the gap.
 */
export class Session {
  readonly #options: SessionOptions
  readonly #subscriptions: Subscriptions
  readonly #received: Received
  readonly #sockets: Sockets
  readonly #upkeep: Upkeep
  #effects: SessionEffect[] = []
  #now = 0
  #told: SessionState = 'idle'
  #pipeline: Heartbeat['pipeline'] | undefined

  constructor(options: SessionOptions) {
    const { random, backOff } = options
    const emit = (effect: SessionEffect) => void this.#effects.push(effect)
    const wait = (failures: number) => waitAfter(failures, random(), backOff)
    const subscriptions = new Subscriptions({ ...options, emit })
    this.#options = options
    this.#subscriptions = subscriptions
    this.#received = new Received({ ...options, subscriptions, emit, wait })
    this.#sockets = new Sockets({ ...options, emit, wait, left: socket => subscriptions.leave(socket) })
    this.#upkeep = new Upkeep(subscriptions, emit)
  }

  get state(): SessionState {
    return this.#sockets.state
  }

  get counters(): Readonly<SessionCounters> {
    return this.#options.counters
  }

  /** How old the server's view of the log was at its last heartbeat. */
  get pipeline(): Heartbeat['pipeline'] | undefined {
    return this.#pipeline
  }

  /** When a `tick` is needed at the latest, ms; Infinity while nothing is awaited. */
  get wakeAt(): number {
    const { wakeAt } = this.#sockets
    return this.state === 'live' ? Math.min(wakeAt, this.#subscriptions.wakeAt, this.#upkeep.wakeAt) : wakeAt
  }

  /** @param now ms, never going back, whatever clock that is */
  step(input: SessionInput, now: number): readonly SessionEffect[] {
    this.#now = now
    this.#effects = []
    if (this.state === 'closed') return this.#effects
    this.#take(input)
    this.#subscriptions.run(now)
    const isReady = this.state === 'live'
    if (isReady) this.#upkeep.run(now)
    const { all } = this.#sockets
    const serves = isReady && !this.#sockets.isOffline
    this.#upkeep.tell({ isReady: serves, on: number => all.find(({ socket }) => socket === number) }, now)
    if (this.state !== this.#told) {
      this.#told = this.state
      this.#effects.push({ type: 'state', state: this.#told, reason: this.#sockets.reason })
    }
    return this.#effects
  }

  #take(input: SessionInput): void {
    switch (input.type) {
      case 'subscribe':
        this.#subscribe(input.request)
        break
      case 'unsubscribe':
        this.#upkeep.acknowledge()
        this.#subscriptions.remove(input.id, this.#now)
        this.#settle()
        break
      case 'applied':
        this.#subscriptions.get(input.id)?.apply(input.events, input.position)
        break
      case 'tick':
        this.#tick()
        break
      case 'reconnect':
        this.#reconnect()
        break
      case 'online':
        this.#sockets.online(this.#now)
        break
      case 'offline':
        this.#sockets.offline(this.#now)
        break
      case 'wake':
        this.#sockets.wake(this.#now)
        break
      case 'close':
        this.#upkeep.acknowledge()
        this.#sockets.end('closed', 'by the application')
        break
      default: {
        const connection = this.#sockets.all.find(({ socket }) => socket === input.socket)
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
        this.#frame(connection, input.text)
        break
      case 'closed':
        this.#sockets.closed(connection, input.code, input.reason, this.#now)
        this.#askLost()
        break
      case 'renew_failed':
        this.#sockets.renewFailed(connection, input.reason, this.#now)
    }
  }

  #subscribe(request: SubscriptionRequest): void {
    const subscription = this.#subscriptions.add(request)
    const { ready } = this.#sockets
    if (ready) this.#subscriptions.ask(ready.socket, subscription, this.#now)
    else if (this.state === 'idle') this.#sockets.open(this.#now)
  }

  #frame(connection: Connection, text: string): void {
    connection.heard(this.#now)
    try {
      for (const message of decodeServerFrame(text)) {
        if (this.#sockets.all.includes(connection)) this.#heed(connection, message)
      }
      if (connection.isReady && !connection.isChecked) this.#sockets.isOffline = false
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.#giveUp(connection, `the server broke the protocol: ${error.message}`)
    }
  }

  #heed(connection: Connection, message: ServerMessage): void {
    if ('time' in message) connection.clock.heard(message.time, this.#now)
    switch (message.type) {
      case 'welcome':
        this.#welcome(connection, message)
        break
      case 'refreshed':
        connection.token.lasts(message.expires_at, this.#now, this.#options.random())
        break
      case 'drain':
        this.#sockets.drain(connection, this.#now)
        break
      case 'heartbeat':
        this.#pipeline = message.pipeline
        connection.readAge = message.pipeline.read_age_ms
        if (this.#pass(connection, message) === undefined && connection.isReady) this.#sockets.sound()
        break
      case 'pong':
        connection.answered(message.id, this.#now)
        break
      default:
        this.#pass(connection, message)
    }
  }

  /** What is about subscriptions. */
  #pass(connection: Connection, message: OfSubscriptions): Completeness {
    const completeness = this.#received.take(connection.socket, message, this.#now)
    if (completeness === 'hopeless') this.#giveUp(connection, 'what is missing is not sent again')
    else this.#settle()
    return completeness
  }

  #welcome(connection: Connection, { heartbeat_ms, expires_at }: Welcome): void {
    if (connection.isReady) return
    connection.welcomed(heartbeat_ms, this.#now)
    connection.token.lasts(expires_at, this.#now, this.#options.random())
    this.#sockets.reason = 'welcome'
    if (connection === this.#sockets.main && this.#sockets.successor?.isReady) return
    this.#subscriptions.askAll(connection.socket, this.#now)
  }

  /** Leaves what is of no more use: every socket when nobody listens, the one that is going when its successor has it all. */
  #settle(): void {
    const { main, successor, ended } = this.#sockets
    if (this.#subscriptions.isEmpty) {
      if (ended === undefined) this.#sockets.hangUpAll('nothing to listen to')
    } else if (main && successor?.isReady && this.#subscriptions.areOn(successor.socket)) {
      this.#sockets.handOver(this.#now)
    }
  }

  #tick(): void {
    if (this.#now > this.wakeAt + LATE_MS) this.#sockets.wake(this.#now)
    for (const connection of this.#sockets.all) {
      const isOverdue = this.#subscriptions.areOverdue(connection.socket, this.#now)
      if (isOverdue && connection.deadline > this.#now) this.#giveUp(connection, 'no answer to subscribe')
    }
    this.#sockets.tick(this.#now)
    this.#askLost()
    const { ready } = this.#sockets
    if (ready) this.#subscriptions.askRefused(ready.socket, this.#now)
  }

  #giveUp(connection: Connection, reason: string): void {
    this.#sockets.giveUp(connection, reason, this.#now)
    this.#askLost()
  }

  /** A successor may have died with what the old socket was no longer asked for. */
  #askLost(): void {
    const { main, successor } = this.#sockets
    if (main?.isReady && successor === undefined) this.#subscriptions.askLost(main.socket, this.#now)
  }

  #reconnect(): void {
    if (this.state !== 'stopped' && this.state !== 'waiting') return
    this.#sockets.ended = undefined
    this.#sockets.reason = 'by the application'
    if (!this.#subscriptions.isEmpty) this.#sockets.open(this.#now)
  }
}
