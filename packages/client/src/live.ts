import { CHANNELS, type Channel, type EventFilter, type From, type Position } from '@tickstock/contracts'
import { Feed, type FeedNotice, feedKey } from './feed.ts'
import type { LiveHandlers } from './live-handlers.ts'
import type { LiveStatus } from './live-status.ts'
import type { PositionStore, Positions } from './position-store.ts'
import type { SessionState } from './session/effect.ts'
import { Session, type SessionCounters, type SessionOptions } from './session/session.ts'
import { type Notice, SessionRunner, type SessionRunnerOptions } from './session-runner.ts'

export interface LiveRequest {
  /** Default: all. */
  readonly channels?: readonly Channel[] | undefined
  readonly filter?: EventFilter | undefined
  /**
   * Where it begins. `'now'` (default). `'snapshot'`: with what lives and matches, then what comes after. A position for each channel, e.g. those of a scan:
   * with everything after it. `'acknowledged'`, `'acknowledged_anywhere'`: after what this device, or the user's furthest device, acknowledged last under `name`.
   */
  readonly from?: Exclude<From, Position> | Positions | undefined
  /** The server keeps under this name what was applied, for the user and the client's `device`: letters, digits, `.`, `_`, `-`, at most 64. */
  readonly name?: string | undefined
  /** Positions are kept here too. It begins where they say, and at `from` where they say nothing. */
  readonly keep?: { readonly store: PositionStore; readonly key: string } | undefined
}

export interface LiveSubscription {
  readonly status: LiveStatus
  /** What was applied, by channel. */
  readonly positions: Positions
  /** The application has made good what a gap took: the status `gap` ends. */
  rescanned(): void
  /** What was applied is acknowledged and kept before it ends; events that wait for a handler are dropped. */
  unsubscribe(): void
}

/** Every live subscription of a client, over one socket. */
export class Live {
  readonly #session: Session
  readonly #runner: SessionRunner
  /** By what they bring. */
  readonly #feeds = new Map<string, Feed>()
  #opened = 0

  constructor(options: SessionOptions & Pick<SessionRunnerOptions, 'url' | 'auth'>) {
    this.#session = new Session(options)
    const { url, auth } = options
    this.#runner = new SessionRunner({ session: this.#session, url, auth, notice: notice => this.#tell(notice) })
  }

  get state(): SessionState {
    return this.#session.state
  }

  get counters(): SessionCounters {
    return this.#session.counters
  }

  subscribe({ channels = CHANNELS, filter, from = 'now' }: LiveRequest, handlers: LiveHandlers): LiveSubscription {
    if (this.state === 'closed') throw new Error('the client is closed')
    const leaves = channels.map(channel => {
      const start = typeof from === 'string' ? from : (from[channel] ?? 'now')
      return this.#join(channel, filter, start, handlers)
    })
    return {
      status: { state: this.state === 'live' ? 'live' : 'offline', behind: 0 },
      positions: {},
      rescanned: () => undefined,
      unsubscribe: () => {
        for (const leave of leaves) leave()
      }
    }
  }

  /** Tries again at once, e.g. with a new token. */
  reconnect(): void {
    this.#runner.step({ type: 'reconnect' })
  }

  close(): void {
    this.#runner.step({ type: 'close' })
    this.#feeds.clear()
  }

  #join(channel: Channel, filter: EventFilter | undefined, from: From, handlers: LiveHandlers): () => void {
    const key = feedKey(channel, filter)
    const known = this.#feeds.get(key)
    const feed = known ?? new Feed(`${++this.#opened}.${channel}`, channel, from)
    const { leave, rewindTo } = feed.join(handlers, from)
    if (known === undefined) {
      this.#feeds.set(key, feed)
      this.#runner.step({ type: 'subscribe', request: { id: feed.id, channel, filter, from } })
    } else if (rewindTo !== undefined) this.#runner.step({ type: 'rewind', id: feed.id, to: rewindTo })
    return () => {
      leave()
      if (!feed.isEmpty || this.#feeds.get(key) !== feed) return
      this.#feeds.delete(key)
      this.#runner.step({ type: 'unsubscribe', id: feed.id })
    }
  }

  #tell(notice: Notice): void {
    if (notice.type === 'state') {
      for (const handlers of this.#handlers()) call(() => handlers.onState?.(notice.state, notice.reason))
    } else if (notice.type === 'refused' && notice.id === undefined) {
      for (const handlers of this.#handlers()) call(() => handlers.onRefused?.(notice.refusal, undefined))
    } else this.#tellFeed(notice, notice.id ?? '')
  }

  #tellFeed(notice: FeedNotice, id: string): void {
    for (const [key, feed] of this.#feeds) {
      if (feed.id !== id) continue
      if (notice.type === 'refused' && !notice.refusal.temporary) this.#feeds.delete(key)
      feed.tell(notice, call)
      return
    }
  }

  #handlers(): Set<LiveHandlers> {
    return new Set([...this.#feeds.values()].flatMap(({ handlers }) => handlers))
  }
}

/** An error in a handler must not stop the session, nor be lost: it becomes the program's uncaught error. */
function call(handler: () => void): void {
  try {
    handler()
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}
