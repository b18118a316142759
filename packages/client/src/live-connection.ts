import { type Heartbeat, SOCKET_LIMITS } from '@tickstock/contracts'
import type { Applied, ChannelNotice, ChannelSubscription } from './channel-subscription.ts'
import type { LiveHandlers } from './live-handlers.ts'
import { call } from './report.ts'
import type { Refusal, SessionState } from './session/effect.ts'
import type { NetworkInput } from './session/input.ts'
import { Session, type SessionOptions } from './session/session.ts'
import { type Notice, SessionRunner, type SessionRunnerOptions } from './session-runner.ts'

export interface LiveConnectionOptions
  extends Pick<SessionOptions, 'renewable' | 'counters'>,
    Pick<SessionRunnerOptions, 'url' | 'auth'> {
  readonly onWarning: (refusal: Refusal) => void
  /** The server takes no more on this connection: the subscription belongs on another. */
  readonly overflow: (subscription: ChannelSubscription) => void
}

const SESSION = {
  random: Math.random,
  answerWithinMs: 10_000,
  window: 2000,
  backOff: { firstMs: 250, longestMs: 15_000 }
} as const

/** One connection, and the subscriptions on it. It is opened with the first of them and left with the last. */
export class LiveConnection {
  readonly #options: LiveConnectionOptions
  readonly #session: Session
  readonly #runner: SessionRunner
  /** By the session's name for them. */
  readonly #subscriptions = new Map<string, ChannelSubscription>()
  /** By the same name, what was applied and the session does not know of. */
  readonly #applied = new Map<string, Applied>()
  #opened = 0
  /** The server has refused one more, although its number of subscriptions was not reached. */
  #isFull = false

  constructor(options: LiveConnectionOptions) {
    const { url, auth } = options
    this.#options = options
    this.#session = new Session({ ...SESSION, ...options })
    this.#runner = new SessionRunner({ session: this.#session, url, auth, notice: notice => this.#tell(notice) })
  }

  get state(): SessionState {
    return this.#session.state
  }

  get pipeline(): Heartbeat['pipeline'] | undefined {
    return this.#session.pipeline
  }

  hasRoom(count: number): boolean {
    return !this.#isFull && this.#subscriptions.size + count <= SOCKET_LIMITS.subscriptions
  }

  subscribe(subscription: ChannelSubscription): void {
    this.#opened += 1
    const id = `${this.#opened}.${subscription.channel}`
    this.#subscriptions.set(id, subscription)
    this.#runner.step({ type: 'subscribe', request: { ...subscription.request, id } })
  }

  /** Takes it from the server too, if it is on this connection. */
  unsubscribe(subscription: ChannelSubscription): void {
    for (const [id, one] of this.#subscriptions) {
      if (one !== subscription) continue
      this.#subscriptions.delete(id)
      this.#isFull = false
      this.#flush()
      this.#runner.step({ type: 'unsubscribe', id })
      return
    }
  }

  /** What the application or the platform knows of the network. */
  step(input: NetworkInput | { readonly type: 'reconnect' }): void {
    this.#runner.step(input)
  }

  close(): void {
    this.#flush()
    this.#runner.step({ type: 'close' })
  }

  /** Handlers that return at once apply much at once: the session hears of it together. */
  #hasApplied(id: string, { events, position }: Applied): void {
    if (this.#applied.size === 0) queueMicrotask(() => this.#flush())
    const before = this.#applied.get(id)
    this.#applied.set(id, { events: events + (before?.events ?? 0), position: position ?? before?.position })
  }

  #flush(): void {
    for (const [id, applied] of this.#applied) {
      this.#applied.delete(id)
      this.#runner.step({ type: 'applied', id, ...applied })
    }
  }

  #tell(notice: Notice): void {
    if (notice.type === 'state') {
      for (const handlers of this.#handlers()) call(() => handlers.onState?.(notice.state, notice.reason))
    } else if (notice.type === 'warning') call(() => this.#options.onWarning(notice.refusal))
    else this.#tellSubscription(notice)
  }

  #tellSubscription(notice: ChannelNotice): void {
    const { id } = notice
    const subscription = this.#subscriptions.get(id)
    if (subscription === undefined) return
    if (notice.type === 'refused' && !notice.refusal.temporary) {
      this.#subscriptions.delete(id)
      // Alone on a connection it is refused for what it asks itself.
      if (notice.refusal.code === 'limit_reached' && this.#subscriptions.size > 0) {
        this.#isFull = true
        this.#options.overflow(subscription)
        return
      }
    }
    subscription.tell(notice, applied => this.#hasApplied(id, applied))
  }

  #handlers(): Set<LiveHandlers> {
    return new Set([...this.#subscriptions.values()].map(({ handlers }) => handlers))
  }
}
