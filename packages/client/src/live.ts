import { CHANNELS, type Channel, type From } from '@tickstock/contracts'
import { Feed } from './feed.ts'
import { feedKey } from './feed-key.ts'
import type { FeedNotice } from './feed-notice.ts'
import { LiveFeeds } from './live-feeds.ts'
import type { LiveHandlers } from './live-handlers.ts'
import type { LiveRequest, LiveSubscription } from './live-request.ts'
import { type ClientStatus, isSame, type LiveStatus, worstOf } from './live-status.ts'
import type { Positions } from './position-store.ts'
import { call } from './report.ts'
import type { Refusal, SessionState } from './session/effect.ts'
import { Session, type SessionOptions } from './session/session.ts'
import type { SessionCounters } from './session/session-counters.ts'
import { type Notice, SessionRunner, type SessionRunnerOptions } from './session-runner.ts'

export interface LiveOptions
  extends Pick<SessionOptions, 'renewable' | 'counters'>,
    Pick<SessionRunnerOptions, 'url' | 'auth'> {
  readonly onStatus: ((status: ClientStatus) => void) | undefined
  readonly onWarning: (refusal: Refusal) => void
}

const SESSION = {
  random: Math.random,
  answerWithinMs: 10_000,
  window: 2000,
  backOff: { firstMs: 250, longestMs: 15_000 }
} as const

interface OpenFeed {
  readonly feed: Feed
  /** Begins where only the server knows, or is kept by it: it cannot be another's too. */
  readonly isOwn: boolean
  readonly name: string | undefined
}

/** Every live subscription of a client, over one socket; over more only where equal ones cannot share a feed, since a server takes one only once a socket. */
export class Live {
  readonly #session: Session
  readonly #runner: SessionRunner
  readonly #options: LiveOptions
  /** By what they bring. */
  readonly #feeds = new Map<string, OpenFeed>()
  readonly #subscriptions = new Set<LiveFeeds>()
  /** With something applied that the session does not know of. */
  readonly #applied = new Set<Feed>()
  /** For what cannot share a feed here. */
  #spare: Live | undefined
  #opened = 0
  #told: LiveStatus = worstOf([])

  constructor(options: LiveOptions) {
    const { url, auth } = options
    this.#options = options
    this.#session = new Session({ ...SESSION, ...options })
    this.#runner = new SessionRunner({ session: this.#session, url, auth, notice: notice => this.#tell(notice) })
  }

  get state(): SessionState {
    const { state } = this.#session
    return state === 'idle' ? (this.#spare?.state ?? state) : state
  }

  get status(): ClientStatus {
    const subscriptions = this.#all().flatMap(live => [...live.#subscriptions])
    const statuses = subscriptions.map(({ status }) => status)
    return { ...worstOf(statuses), pipeline: this.#session.pipeline ?? this.#spare?.status.pipeline }
  }

  get counters(): SessionCounters {
    return { ...this.#session.counters }
  }

  /** @throws Error when the client is closed, and when a name is in use on one of the channels */
  subscribe(request: LiveRequest, handlers: LiveHandlers): LiveSubscription {
    if (this.state === 'closed') throw new Error('the client is closed')
    const subscription = new LiveFeeds(request, handlers, () => this.#tellStatus())
    const kept = request.keep?.store.load(request.keep.key)
    if (kept instanceof Promise) {
      kept.then(positions => this.#begin(subscription, request, positions)).catch(error => subscription.failed(error))
    } else this.#begin(subscription, request, kept)
    return subscription
  }

  /** Tries again at once, e.g. with a new token. */
  reconnect(): void {
    this.#runner.step({ type: 'reconnect' })
    this.#spare?.reconnect()
  }

  close(): void {
    this.#flush()
    this.#runner.step({ type: 'close' })
    for (const subscription of this.#subscriptions) subscription.unsubscribe()
    this.#spare?.close()
  }

  #begin(subscription: LiveFeeds, request: LiveRequest, kept: Positions | undefined): void {
    if (subscription.hasEnded || this.state === 'closed') return
    const { channels = CHANNELS, from = 'now', filter, name } = request
    const starts = new Map<Channel, From>(
      channels.map(channel => [channel, kept?.[channel] ?? (typeof from === 'string' ? from : from[channel]) ?? 'now'])
    )
    const isOwn = (start: From) => name !== undefined || (typeof start === 'string' && start !== 'now')
    for (const [channel, start] of starts) {
      // What is kept under a name goes on from one place.
      if (name !== undefined && this.#feedsOf(name, channel).length > 0)
        throw new Error(`the name ${name} is in use on ${channel}`)
      const known = this.#feeds.get(feedKey(channel, filter))
      if (known?.isOwn || (known && isOwn(start))) {
        this.#spare ??= new Live({ ...this.#options, onStatus: undefined })
        this.#spare.#begin(subscription, request, kept)
        return
      }
    }
    this.#subscriptions.add(subscription)
    for (const [channel, start] of starts) this.#join(subscription, request, channel, start, isOwn(start))
  }

  #join(subscription: LiveFeeds, { filter, name }: LiveRequest, channel: Channel, from: From, isOwn: boolean): void {
    const key = feedKey(channel, filter)
    const known = this.#feeds.get(key)?.feed
    const feed = known ?? new Feed(`${++this.#opened}.${channel}`, channel, () => this.#hasApplied(feed))
    const { member, rewindTo } = feed.join(from, {
      handlers: subscription.handlers,
      failed: error => subscription.failed(error),
      changed: () => subscription.applied()
    })
    subscription.add(channel, member, () => {
      feed.leave(member)
      this.#subscriptions.delete(subscription)
      if (feed.isEmpty && this.#feeds.get(key)?.feed === feed) this.#drop(key, feed)
    })
    if (known === undefined) {
      this.#feeds.set(key, { feed, isOwn, name })
      this.#runner.step({ type: 'subscribe', request: { id: feed.id, channel, filter, from, name } })
    } else if (rewindTo !== undefined) this.#runner.step({ type: 'rewind', id: feed.id, to: rewindTo })
  }

  #drop(key: string, feed: Feed): void {
    this.#feeds.delete(key)
    this.#flush()
    this.#runner.step({ type: 'unsubscribe', id: feed.id })
  }

  /** Many are applied at once where handlers return at once: the session hears of them together. */
  #hasApplied(feed: Feed): void {
    if (this.#applied.size === 0) queueMicrotask(() => this.#flush())
    this.#applied.add(feed)
  }

  #flush(): void {
    for (const feed of this.#applied) {
      this.#applied.delete(feed)
      this.#runner.step({ type: 'applied', id: feed.id, ...feed.takeApplied() })
    }
  }

  #tell(notice: Notice): void {
    if (notice.type === 'state') {
      for (const handlers of this.#handlers()) call(() => handlers.onState?.(notice.state, notice.reason))
    } else if (notice.type === 'warning') call(() => this.#options.onWarning(notice.refusal))
    else this.#tellFeed(notice)
  }

  #tellFeed(notice: FeedNotice): void {
    for (const [key, { feed }] of this.#feeds) {
      if (feed.id !== notice.id) continue
      if (notice.type === 'refused' && !notice.refusal.temporary) this.#feeds.delete(key)
      feed.tell(notice)
      return
    }
  }

  /** This one, and those that its subscriptions could not share. */
  #all(): Live[] {
    const all: Live[] = []
    for (let live: Live | undefined = this; live; live = live.#spare) all.push(live)
    return all
  }

  #feedsOf(name: string, channel: Channel): OpenFeed[] {
    const feeds = this.#all().flatMap(live => [...live.#feeds.values()])
    return feeds.filter(one => one.name === name && one.feed.channel === channel)
  }

  #tellStatus(): void {
    const { status } = this
    if (isSame(status, this.#told)) return
    this.#told = status
    call(() => this.#options.onStatus?.(status))
  }

  #handlers(): Set<LiveHandlers> {
    return new Set([...this.#feeds.values()].flatMap(({ feed }) => feed.handlers))
  }
}
