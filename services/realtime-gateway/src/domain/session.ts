import {
  type Auth,
  type ClientMessage,
  type CloseReason,
  decodeClientFrame,
  PROBLEMS,
  ProblemError,
  ProtocolError,
  SOCKET_LIMITS
} from '@tickstock/contracts'
import { Answers } from './answers.ts'
import type { Clock } from './clock.ts'
import { heartbeatOf } from './heartbeat.ts'
import { expiryOf, type Identity } from './identity.ts'
import { Liveness } from './liveness.ts'
import { namedSubscription } from './named-subscription.ts'
import type { Observer } from './observer.ts'
import type { Outlet } from './outlet.ts'
import { type Authenticate, Passport } from './passport.ts'
import { Requests } from './requests.ts'
import type { Seated, Seats } from './seats.ts'
import type { Subscribing } from './subscribing.ts'
import { Subscriber } from './subscription.ts'
import { TokenBucket } from './token-bucket.ts'
import { HIGH_WATER, type WebSocketPublisher } from './websocket-publisher.ts'

export interface SessionContext extends Clock {
  /** Which instance this is. */
  readonly server: string
  readonly heartbeatMs: number
  readonly subscribing: Subscribing
  readonly publisher: Pick<WebSocketPublisher, 'checkWaiting'>
  readonly observer: Observer
  readonly authenticate: Authenticate
  /** The socket speaks for somebody now. */
  readonly welcomed: () => void
  readonly seats: Seats
}

/** How far ahead of its time a heartbeat may be sent: the sweep that sends them is no finer. ms */
const HEARTBEAT_SLACK = 0.1

/** Share of a heartbeat after which nobody has looked at a socket: sweeps come five times as often. */
const ATTENTION = 0.25

/** A connection without a backlog that is challenged answers a ping within this time, or gives its seat to another of its user. ms */
const CHALLENGE = 1_500

/** How long a connection waits for a seat: half-open ones are gone by then, and the sweep that finds them is coarse. ms */
const SEAT_WAIT = 2 * CHALLENGE

/** A user that is known, whose connection waits for a seat. */
interface Waiting {
  readonly identity: Identity
  readonly device: string | undefined
  readonly since: number
}

/** What may wait for a token to be checked, bytes. */
const HELD_BOUND = 4 * SOCKET_LIMITS.messageBytes

type State = 'opened' | 'authenticating' | 'welcomed' | 'closed'

/** One socket's side of the protocol: who it is, what it may ask, when it is cut. */
export class Session implements Seated {
  readonly #context: SessionContext
  readonly #outlet: Outlet
  readonly #answers: Answers
  readonly #passport: Passport
  readonly #subscriber: Subscriber
  readonly #requests: Requests
  readonly #rate: TokenBucket
  readonly #liveness: Liveness
  #state: State = 'opened'
  #held: ClientMessage[] = []
  #heldBytes = 0
  #waiting: Waiting | undefined
  /** When it was challenged and has not shown since that it lives, by its age. ms */
  #challengedAt: number | undefined
  #beatAt: number

  constructor(outlet: Outlet, context: SessionContext) {
    const now = context.now()
    this.#context = context
    this.#outlet = outlet
    this.#answers = new Answers({ outlet, now: context.now, close: (reason, detail) => this.close(reason, detail) })
    this.#passport = new Passport(context.authenticate)
    this.#subscriber = new Subscriber(outlet)
    this.#requests = new Requests({
      ...context,
      subscriber: this.#subscriber,
      passport: this.#passport,
      answers: this.#answers
    })
    this.#rate = new TokenBucket({ perSecond: SOCKET_LIMITS.messagesPerSecond }, now)
    const { heartbeatMs } = context
    this.#liveness = new Liveness({ outlet, now, attentionMs: heartbeatMs * ATTENTION })
    this.#beatAt = now
  }

  /** Has not even begun to say who it is. */
  get isSilent(): boolean {
    return this.#state === 'opened'
  }

  get subscriptions(): number {
    return this.#subscriber.subscriptions.size
  }

  /** Bytes handed over that the peer has not taken yet. */
  get outstanding(): number {
    return this.#outlet.buffered
  }

  /** A frame from the client. */
  receive(data: Buffer, binary: boolean): void {
    if (this.#state === 'closed') return
    if (data.length > SOCKET_LIMITS.messageBytes) {
      this.close('message_too_large', `a message has at most ${SOCKET_LIMITS.messageBytes} bytes`)
      return
    }
    const messages = this.#decode(data, binary)
    if (!this.#allows(messages.length)) return
    for (const message of messages) this.#take(message)
    if (this.#held.length > 0) this.#hold(data.length)
  }

  /** A ping of the WebSocket itself. @returns whether to answer it: who does not read what he has is not sent more */
  pinged(): boolean {
    return this.#state !== 'closed' && this.#allows(1) && this.#outlet.buffered <= HIGH_WATER
  }

  /** A pong of the WebSocket itself. One that answers a ping costs nothing. */
  ponged(payload: string): void {
    if (this.#state === 'closed') return
    if (this.#outlet.ponged(payload)) this.#heard(this.#context.now())
    else this.#allows(1)
  }

  /** To be called several times in a heartbeat. */
  tick(): void {
    if (this.#state === 'closed') return
    const { time, heartbeatMs } = this.#context
    const now = this.#context.now()
    const silence = this.#liveness.silence(now)
    const age = this.#liveness.age(now)

    if (this.#waiting !== undefined) this.#awaitSeat(this.#waiting, age)
    else if (this.#passport.identity === undefined) this.#awaitIdentity(age)
    else if (this.#passport.hasExpired(time())) this.close('unauthenticated', 'the token has expired')
    else if (silence > 2 * heartbeatMs || age - (this.#challengedAt ?? age) > CHALLENGE) {
      this.#end('unresponsive')
      this.#outlet.terminate('unresponsive')
    } else if (now - this.#beatAt >= heartbeatMs * (1 - HEARTBEAT_SLACK)) this.#beat(now)
  }

  /** Tells the client that this instance is going. */
  drain(withinMs: number): void {
    this.#answers.send({ type: 'drain', within_ms: withinMs })
  }

  close(reason: CloseReason, detail: string): void {
    if (this.#state === 'closed') return
    this.#end(reason)
    this.#outlet.close(reason, detail)
  }

  /** Another connection of the user waits for a seat. A backlog may hold an answer back for long, so only idle ones are asked. */
  challenge(): void {
    if (this.#state === 'closed' || this.#challengedAt !== undefined || this.#outlet.buffered > 0) return
    this.#challengedAt = this.#liveness.age(this.#context.now())
    this.#outlet.ping()
  }

  /** Others come, and this one does not say who it is. */
  turnOut(): void {
    this.close('overloaded', 'others come, and this socket says nothing')
  }

  /** The socket is gone, whoever closed it. */
  gone(): void {
    if (this.#state !== 'closed') this.#leave()
  }

  #heard(now: number): void {
    this.#liveness.heard(now)
    this.#challengedAt = undefined
  }

  /** A sign of life that costs as much as so many messages. @returns false when they are too many, and the socket is closed for it */
  #allows(messages: number): boolean {
    const now = this.#context.now()
    this.#heard(now)
    if (this.#rate.take(Math.max(1, messages), now)) return true
    this.close('overloaded', `at most ${SOCKET_LIMITS.messagesPerSecond} messages a second`)
    return false
  }

  #end(reason: CloseReason): void {
    this.#context.observer.closed(reason)
    this.#leave()
  }

  #leave(): void {
    const { identity } = this.#passport
    this.#state = 'closed'
    this.#held = []
    this.#answers.end()
    this.#context.subscribing.leave(this.#subscriber)
    this.#waiting = undefined
    if (identity?.proven) this.#context.seats.give(identity.user, this)
  }

  #decode(data: Buffer, binary: boolean): ClientMessage[] {
    const text = binary ? '' : data.toString()
    try {
      if (binary) throw new ProtocolError('a frame is text')
      return decodeClientFrame(text)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.#answers.violation('invalid_request', error.message, namedSubscription(text))
      return []
    }
  }

  #take(message: ClientMessage): void {
    if (this.#state === 'closed') return
    if (this.#state === 'authenticating') this.#held.push(message)
    else if (message.type === 'auth') this.#authenticate(message)
    else if (message.type === 'ping') this.#pong(message.id)
    else if (this.#state === 'opened') this.#answers.violation('unauthenticated', 'auth comes first', idOf(message))
    else this.#requests.serve(message)
  }

  #hold(bytes: number): void {
    this.#heldBytes += bytes
    if (this.#heldBytes > HELD_BOUND) this.close('overloaded', 'too much was sent before the welcome')
  }

  #pong(id: string | undefined): void {
    this.#answers.send({ type: 'pong', ...(id !== undefined && { id }), time: this.#context.time() })
  }

  #authenticate(message: Auth): void {
    if (this.#state === 'welcomed') {
      this.#answers.violation('invalid_request', 'auth was said already')
      return
    }
    this.#state = 'authenticating'
    this.#passport.check(message).then(
      identity => this.#welcome(identity, message.device),
      error => this.#reject(error)
    )
  }

  #welcome(identity: Identity, device: string | undefined): void {
    if (this.#state === 'closed') return
    const { server, heartbeatMs: heartbeat_ms, now, time, seats, welcomed } = this.#context
    const { user, proven } = identity
    if (proven && !seats.take(user, this)) {
      if (this.#waiting === undefined) seats.challenge(user)
      this.#waiting ??= { identity, device, since: this.#liveness.age(now()) }
      return
    }
    this.#waiting = undefined
    this.#passport.accept(identity, device)
    this.#state = 'welcomed'
    this.#beatAt = now()
    welcomed()
    this.#answers.send({ type: 'welcome', user, server, time: time(), heartbeat_ms, ...expiryOf(identity) })
    for (const message of this.#held.splice(0)) this.#take(message)
  }

  #awaitSeat({ identity, device, since }: Waiting, age: number): void {
    this.#welcome(identity, device)
    if (this.#waiting !== undefined && age - since > SEAT_WAIT)
      this.close('too_many_connections', 'this user has too many connections')
  }

  #reject(error: unknown): void {
    if (this.#state === 'closed') return
    if (!(error instanceof ProblemError)) {
      this.#context.observer.failed(error)
      this.close('unauthenticated', 'the token could not be checked')
      return
    }
    this.#answers.say(error.code, error.message)
    // A token that cannot be checked now may be good: its client is to come again.
    this.close(PROBLEMS[error.code].temporary ? 'overloaded' : 'unauthenticated', error.message)
  }

  /** Who has said nothing stays away; whose token could not be checked in time is to come again. */
  #awaitIdentity(age: number): void {
    if (this.#state === 'opened' && age > SOCKET_LIMITS.authWithin) {
      this.close('auth_timeout', 'no auth message came in time')
    } else if (age > 2 * SOCKET_LIMITS.authWithin) this.close('overloaded', 'the token could not be checked in time')
  }

  #beat(now: number): void {
    if (this.#outlet.buffered > HIGH_WATER) return
    this.#beatAt = now
    this.#answers.send(heartbeatOf(this.#subscriber, this.#context.subscribing, this.#context))
    this.#outlet.ping()
    this.#context.publisher.checkWaiting(this.#subscriber)
  }
}

const idOf = (message: ClientMessage): string | undefined => ('id' in message ? message.id : undefined)
