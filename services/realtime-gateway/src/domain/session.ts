import {
  type Auth,
  type ClientMessage,
  type CloseReason,
  decodeClientFrame,
  PROBLEMS,
  type ProblemCode,
  ProblemError,
  ProtocolError,
  type Scope,
  SOCKET_LIMITS,
  type Subscribe
} from '@tickstock/contracts'
import { type ControlMessage, frameOf } from './frames.ts'
import { heartbeatOf } from './heartbeat.ts'
import { Liveness } from './liveness.ts'
import type { Observer } from './observer.ts'
import type { Outlet } from './outlet.ts'
import { Subscriber } from './subscriber.ts'
import type { Asker, Subscribing } from './subscribing.ts'
import { TokenBucket } from './token-bucket.ts'
import { HIGH_WATER } from './websocket-publisher.ts'

/** Who a socket speaks for, and until when (ms; Infinity where no token says). */
export interface Identity {
  readonly user: string
  readonly expiresAt: number
  /** The identity was proven, so limits per user hold. */
  readonly proven: boolean
  /** What its token is restricted to; undefined where it may do all that the user may. */
  readonly scopes?: ReadonlySet<string>
}

export interface SessionContext {
  /** Which instance this is. */
  readonly server: string
  readonly heartbeatMs: number
  readonly subscribing: Subscribing
  readonly observer: Observer
  readonly now: () => number
  /** @throws ProblemError `unauthenticated` */
  readonly authenticate: (auth: Auth) => Promise<Identity>
  /** Counts the user's sockets. @returns whether one more is allowed */
  readonly seat: (user: string) => boolean
  readonly unseat: (user: string) => void
}

/** Refused messages after which a client that keeps on is cut. */
const PATIENCE = 5

/** What a token that is restricted must allow for a subscription by watchlist or saved filter. */
const UNIVERSE_SCOPE: Scope = 'universe:read'

/** Answers outstanding to a client that asks and does not read, bytes. */
const ANSWER_BOUND = 4 * HIGH_WATER

/** How far ahead of its time a heartbeat may be sent: the sweep that sends them is no finer. ms */
const HEARTBEAT_SLACK = 0.1

type State = 'opened' | 'authenticating' | 'welcomed' | 'closed'

/** One socket's side of the protocol: who it is, what it may ask, when it is cut. */
export class Session {
  readonly #context: SessionContext
  readonly #outlet: Outlet
  readonly #subscriber: Subscriber
  readonly #rate: TokenBucket
  readonly #liveness: Liveness
  readonly #openedAt: number
  #state: State = 'opened'
  #identity: Identity | undefined
  #device: string | undefined
  #held: ClientMessage[] = []
  #strikes = 0
  #beatAt: number

  constructor(outlet: Outlet, context: SessionContext) {
    const now = context.now()
    this.#context = context
    this.#outlet = outlet
    this.#subscriber = new Subscriber(outlet)
    this.#rate = new TokenBucket(SOCKET_LIMITS.messagesPerSecond, now)
    this.#openedAt = now
    this.#liveness = new Liveness(outlet, now)
    this.#beatAt = now
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
    this.heard()
    if (data.length > SOCKET_LIMITS.messageBytes) {
      this.close('message_too_large', `a message has at most ${SOCKET_LIMITS.messageBytes} bytes`)
      return
    }
    const messages = this.#decode(data, binary)
    if (!this.#rate.take(Math.max(1, messages.length), this.#context.now())) {
      this.close('overloaded', `at most ${SOCKET_LIMITS.messagesPerSecond} messages a second`)
      return
    }
    for (const message of messages) this.#take(message)
  }

  /** The peer gave a sign of life. */
  heard(): void {
    this.#liveness.heard(this.#context.now())
  }

  /** To be called several times in a heartbeat. */
  tick(): void {
    const { now, heartbeatMs } = this.#context
    const time = now()
    const silence = this.#liveness.silence(time)

    if (this.#state === 'closed') return
    if (this.#identity === undefined) {
      if (time - this.#openedAt > SOCKET_LIMITS.authWithin) this.close('auth_timeout', 'no auth message came in time')
    } else if (this.#identity.expiresAt <= time) this.close('unauthenticated', 'the token has expired')
    else if (silence > 2 * heartbeatMs) {
      this.#end('unresponsive')
      this.#outlet.terminate('unresponsive')
    } else if (time - this.#beatAt >= heartbeatMs * (1 - HEARTBEAT_SLACK)) this.#beat(time)
  }

  /** Tells the client that this instance is going. */
  drain(withinMs: number): void {
    if (this.#state !== 'closed') this.#send({ type: 'drain', within_ms: withinMs })
  }

  close(reason: CloseReason, detail: string): void {
    if (this.#state === 'closed') return
    this.#end(reason)
    this.#outlet.close(reason, detail)
  }

  /** The socket is gone, whoever closed it. */
  gone(): void {
    if (this.#state !== 'closed') this.#leave()
  }

  #end(reason: CloseReason): void {
    this.#context.observer.closed(reason)
    this.#leave()
  }

  #leave(): void {
    this.#state = 'closed'
    this.#held = []
    this.#context.subscribing.leave(this.#subscriber)
    if (this.#identity?.proven) this.#context.unseat(this.#identity.user)
  }

  #decode(data: Buffer, binary: boolean): ClientMessage[] {
    try {
      if (binary) throw new ProtocolError('a frame is text')
      return decodeClientFrame(data.toString())
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.#refuse('invalid_request', error.message)
      return []
    }
  }

  #take(message: ClientMessage): void {
    if (this.#state === 'closed') return
    if (this.#state === 'authenticating') this.#held.push(message)
    else if (message.type === 'auth') this.#authenticate(message)
    else if (message.type === 'ping') this.#pong(message.id)
    else if (this.#state === 'opened') this.#refuse('unauthenticated', 'auth comes first', idOf(message))
    else this.#serve(message)
  }

  /** What only those who are known may ask for. */
  #serve(message: ClientMessage): void {
    switch (message.type) {
      case 'subscribe':
        void this.#subscribe(message)
        break
      case 'unsubscribe':
        this.#unsubscribe(message.id)
    }
  }

  #pong(id: string | undefined): void {
    this.#send({ type: 'pong', ...(id !== undefined && { id }), time: this.#context.now() })
  }

  #authenticate(message: Auth): void {
    if (this.#state === 'welcomed') {
      this.#refuse('invalid_request', 'auth was said already')
      return
    }
    this.#state = 'authenticating'
    this.#device = message.device
    this.#context.authenticate(message).then(
      identity => this.#welcome(identity),
      error => this.#reject(error)
    )
  }

  #welcome(identity: Identity): void {
    if (this.#state === 'closed') return
    const { server, heartbeatMs, now, seat } = this.#context
    if (identity.proven && !seat(identity.user)) {
      this.close('too_many_connections', 'this user has too many sockets')
      return
    }
    this.#identity = identity
    this.#state = 'welcomed'
    this.#beatAt = now()
    this.#send({ type: 'welcome', user: identity.user, server, time: now(), heartbeat_ms: heartbeatMs })
    for (const message of this.#held.splice(0)) this.#take(message)
  }

  #reject(error: unknown): void {
    if (this.#state === 'closed') return
    if (!(error instanceof ProblemError)) {
      this.#context.observer.failed(error)
      this.close('unauthenticated', 'the token could not be checked')
      return
    }
    this.#say(error.code, error.message)
    // A token that cannot be checked now may be good: its client is to come again.
    this.close(PROBLEMS[error.code].temporary ? 'overloaded' : 'unauthenticated', error.message)
  }

  async #subscribe(message: Subscribe): Promise<void> {
    try {
      this.#checkScope(message)
      const subscribed = await this.#context.subscribing.begin(this.#asker(), message)
      if (!subscribed) this.#refuse('limit_reached', 'too many subscriptions, or names in their filters', message.id)
    } catch (error) {
      if (error instanceof ProblemError) this.#refuse(error.code, error.message, message.id)
      else this.#context.observer.failed(error)
    }
  }

  /** @throws ProblemError `forbidden` where the token does not allow what is named */
  #checkScope({ filter }: Subscribe): void {
    if (filter?.watchlist === undefined && filter?.filter === undefined) return
    if (this.#identity?.scopes?.has(UNIVERSE_SCOPE) === false) {
      throw new ProblemError('forbidden', `The token lacks the scope ${UNIVERSE_SCOPE}`)
    }
  }

  #asker(): Asker {
    return {
      subscriber: this.#subscriber,
      user: this.#identity?.user ?? '',
      device: this.#device,
      reply: answer => this.#send(answer),
      lost: (id, { code, message }) => this.#say(code, message, id)
    }
  }

  #unsubscribe(id: string): void {
    if (this.#context.subscribing.end(this.#subscriber, id)) this.#send({ type: 'unsubscribed', id })
    else this.#refuse('invalid_request', `there is no subscription ${id}`, id)
  }

  #beat(time: number): void {
    if (this.#outlet.buffered > HIGH_WATER) return
    this.#beatAt = time
    this.#send(heartbeatOf(this.#subscriber, this.#context.subscribing, time))
    this.#outlet.ping()
  }

  /** Says no. Who does not stop is cut. */
  #refuse(code: ProblemCode, detail: string, id?: string): void {
    this.#say(code, detail, id)
    if (PROBLEMS[code].temporary || ++this.#strikes < PATIENCE) return
    const reason = code === 'limit_reached' ? 'too_many_subscriptions' : 'protocol_violation'
    this.close(reason, detail)
  }

  #say(code: ProblemCode, detail: string, id?: string): void {
    const { action, temporary } = PROBLEMS[code]
    this.#send({ type: 'error', code, detail, action, temporary, ...(id !== undefined && { id }) })
  }

  #send(message: ControlMessage): void {
    if (this.#state === 'closed') return
    if (this.#outlet.buffered > ANSWER_BOUND) this.close('overloaded', 'answers are not read')
    else this.#outlet.send(frameOf(message))
  }
}

const idOf = (message: ClientMessage): string | undefined => ('id' in message ? message.id : undefined)
