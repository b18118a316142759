import {
  type PerChannel,
  type Position,
  type ProblemError,
  raise,
  type Scope,
  SOCKET_LIMITS,
  type Subscribe,
  type Subscribed
} from '@tickstock/contracts'
import type { ChannelLog } from './channel-log.ts'
import type { Followed, Following } from './following.ts'
import type { ControlMessage } from './frames.ts'
import type { History } from './history.ts'
import { canonical, namesIn, type SelectedFilter } from './matcher.ts'
import { neededScope } from './needed-scope.ts'
import type { Observer } from './observer.ts'
import type { Pulse } from './pulse.ts'
import { isSelective, type Selection, selectionOf } from './selection.ts'
import type { Snapshots } from './snapshots.ts'
import type { Subscriber } from './subscriber.ts'
import type { Universe } from './universe.ts'
import type { WebSocketPublisher } from './websocket-publisher.ts'

export interface SubscribingOptions {
  readonly logs: PerChannel<ChannelLog>
  readonly publisher: WebSocketPublisher
  readonly history: History
  readonly pulse: Pulse
  readonly observer: Observer
  readonly universe: Universe
  readonly snapshots: Snapshots
  readonly following: Following
  readonly now: () => number
}

/** Who subscribes, and how he is answered. */
export interface Asker {
  readonly subscriber: Subscriber
  readonly user: string
  /** Which of the user's devices; undefined where he does not say. */
  readonly device: string | undefined
  readonly reply: (answer: ControlMessage) => void
  /** A subscription has ended: what it follows is gone. */
  readonly lost: (id: string, problem: ProblemError) => void
}

/** What a subscription takes of its socket's share, from its first moment on. */
interface Held {
  /** What its user's token must allow as long as it is held. */
  readonly needs: Scope | undefined
  feed: string | undefined
  names: number
  followed?: Followed
}

/** Begins and ends subscriptions of sockets. */
export class Subscribing {
  readonly logs: PerChannel<ChannelLog>
  readonly pulse: Pulse
  readonly #options: SubscribingOptions
  /** By socket and id, those that have begun and those that something is asked for first. */
  readonly #held = new WeakMap<Subscriber, Map<string, Held>>()

  constructor(options: SubscribingOptions) {
    this.#options = options
    this.logs = options.logs
    this.pulse = options.pulse
  }

  /**
   * Answers with `subscribed`, and lets events follow.
   *
   * Where the filter says all and the ring can judge the position, at once; else what the filter names is looked up, and the log is asked whether it
   * answers at all, and where it ends.
   *
   * @returns false when the socket has as many subscriptions, or names in their filters, as it may have
   * @throws ProblemError `invalid_request` when the id or an equal feed is in use, `log_unavailable`, and what `selectionOf` throws
   */
  async begin(asker: Asker, message: Subscribe): Promise<boolean> {
    const { id, channel, filter = {} } = message
    const held = this.#heldBy(asker.subscriber)
    if (held.has(id)) raise('invalid_request', `subscribe.id: ${id} is in use`)
    if (held.size >= SOCKET_LIMITS.subscriptions) return false
    if (!this.pulse.isAlive(channel, this.#options.now()))
      raise('log_unavailable', `the ${channel} log is not being read`)

    const entry: Held = { needs: neededScope(filter), feed: undefined, names: 0 }
    held.set(id, entry)
    try {
      const selected = isSelective(filter) ? await this.#follow(asker, message, entry) : filter
      if (held.get(id) !== entry) return true
      const begun = await this.#start(asker, message, entry, selected)
      if (!begun) this.#release(held, id, entry)
      return begun
    } catch (error) {
      const wasWanted = held.get(id) === entry
      this.#release(held, id, entry)
      if (wasWanted) throw error
      // Unsubscribed meanwhile, or the socket is gone: nobody asks any more.
      return true
    }
  }

  /** @returns whether there was one */
  end(subscriber: Subscriber, id: string): boolean {
    const held = this.#heldBy(subscriber)
    const entry = held.get(id)
    if (entry === undefined) return false
    this.#release(held, id, entry)
    const subscription = subscriber.subscriptions.get(id)
    if (subscription !== undefined) this.#options.publisher.unsubscribe(subscriber, subscription)
    return true
  }

  /** What the socket's subscriptions need of its token, those too that have not begun. */
  needs(subscriber: Subscriber): Scope[] {
    return [...this.#heldBy(subscriber).values()].flatMap(({ needs }) => needs ?? [])
  }

  /** The socket is gone. */
  leave(subscriber: Subscriber): void {
    const held = this.#heldBy(subscriber)
    for (const [id, entry] of [...held]) this.#release(held, id, entry)
    this.#options.publisher.leave(subscriber)
  }

  async #start(
    { subscriber, reply }: Asker,
    { id, channel, from, credits }: Subscribe,
    entry: Held,
    filter: SelectedFilter
  ): Promise<boolean> {
    const log = this.logs[channel]
    const held = this.#heldBy(subscriber)
    const feed = log.idOf(filter)
    const names = namesIn(canonical(filter))
    checkNew(held, feed)
    if ([...held.values()].reduce((sum, other) => sum + other.names, names) > SOCKET_LIMITS.names) return false
    entry.feed = feed
    entry.names = names

    const position = typeof from === 'string' ? log.position : from
    let top = log.ring.top
    if (!log.judges(position)) {
      top = await this.#topOf(log)
      if (held.get(id) !== entry) return true
    }
    const mode: Subscribed['mode'] = typeof from === 'string' ? 'live' : 'resumed'
    reply({ type: 'subscribed', id, feed, channel, mode, position, top })
    this.#options.publisher.subscribe(subscriber, {
      id,
      log,
      feed: log.feed(filter),
      from: position,
      replay: mode === 'resumed',
      credits
    })
    entry.followed?.ready()
    return true
  }

  async #follow(asker: Asker, { id, channel, filter = {} }: Subscribe, entry: Held): Promise<SelectedFilter> {
    const { universe, following } = this.#options
    const { user, subscriber, lost } = asker
    const followed = following.follow({
      user,
      select: () => selectionOf({ user, channel, filter }, universe),
      changed: selection => this.#retarget(subscriber, id, entry, selection),
      lost: problem => {
        if (this.end(subscriber, id)) lost(id, problem)
      }
    })
    entry.followed = followed
    return (await followed.begin()).filter
  }

  /** What it follows was edited. */
  #retarget(subscriber: Subscriber, id: string, entry: Held, { filter }: Selection): void {
    const subscription = subscriber.subscriptions.get(id)
    if (subscription === undefined) return
    const feed = subscription.log.feed(filter)
    entry.feed = feed.id
    entry.names = feed.names
    this.#options.publisher.retarget(subscriber, subscription, feed)
  }

  #release(held: Map<string, Held>, id: string, entry: Held): void {
    entry.followed?.leave()
    if (held.get(id) === entry) held.delete(id)
  }

  #heldBy(subscriber: Subscriber): Map<string, Held> {
    const known = this.#held.get(subscriber) ?? new Map<string, Held>()
    this.#held.set(subscriber, known)
    return known
  }

  async #topOf(log: ChannelLog): Promise<Position['offset']> {
    try {
      const { head } = await this.#options.history.standing(log.channel)
      return head.offset
    } catch (error) {
      this.#options.observer.historyFailed(error)
      return raise('log_unavailable', `the ${log.channel} log does not answer`)
    }
  }
}

/** Events come once a feed: a second subscription to an equal one would be without any. */
function checkNew(held: ReadonlyMap<string, Held>, feed: string): void {
  for (const [other, { feed: theirs }] of held)
    if (theirs === feed) raise('invalid_request', `subscribe.filter: subscription ${other} has an equal one`)
}
