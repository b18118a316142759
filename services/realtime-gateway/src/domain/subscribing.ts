import {
  type Ack,
  type PerChannel,
  type Position,
  raise,
  type Scope,
  type Subscribe,
  type Subscribed
} from '@tickstock/contracts'
import { Acknowledging, type AcknowledgingOptions } from './acknowledging.ts'
import type { Asker } from './asker.ts'
import type { ChannelLog } from './channel-log.ts'
import type { Following } from './following.ts'
import { type Held, HeldSubscriptions } from './held-subscriptions.ts'
import type { History } from './history.ts'
import { canonical, namesIn, type SelectedFilter } from './matcher.ts'
import { neededScope } from './needed-scope.ts'
import type { Observer } from './observer.ts'
import type { Pulse } from './pulse.ts'
import { isSelective, requireSound, type Selection, selectionOf } from './selection.ts'
import type { SnapshotDelivery } from './snapshot-delivery.ts'
import type { Subscriber } from './subscriber.ts'
import type { Universe } from './universe.ts'
import type { WebSocketPublisher } from './websocket-publisher.ts'

export interface SubscribingOptions extends AcknowledgingOptions {
  readonly publisher: WebSocketPublisher
  readonly history: History
  readonly pulse: Pulse
  readonly observer: Observer
  readonly universe: Universe
  readonly snapshots: SnapshotDelivery
  readonly following: Following
  readonly now: () => number
}

/** Where a subscription begins, and the end of the log then. */
type Start = Pick<Subscribed, 'mode' | 'position' | 'top'>

/** Begins and ends subscriptions of sockets. */
export class Subscribing {
  readonly logs: PerChannel<ChannelLog>
  readonly pulse: Pulse
  readonly #options: SubscribingOptions
  readonly #acknowledging: Acknowledging
  readonly #held = new WeakMap<Subscriber, HeldSubscriptions>()

  constructor(options: SubscribingOptions) {
    this.#options = options
    this.#acknowledging = new Acknowledging(options)
    this.logs = options.logs
    this.pulse = options.pulse
  }

  /**
   * Answers with `subscribed`, sends the snapshot where it begins with one, and lets events follow.
   *
   * Where the message says all and the ring can judge the position, at once; else what the filter names and what was acknowledged is looked up, and the log is
   * asked whether it answers at all, and where it ends.
   *
   * @returns false when the socket has as many subscriptions, or names in their filters, as it may have
   * @throws ProblemError `invalid_request` when the filter is not sound, or the id, the name or an equal feed is in use, `log_unavailable`, `unauthenticated` for a name that is nobody's,
   * `patterns_unavailable`, and what `selectionOf` throws
   */
  async begin(asker: Asker, message: Subscribe): Promise<boolean> {
    const { id, channel, filter = {} } = message
    requireSound(filter)
    const held = this.#heldBy(asker.subscriber)
    const entry: Held = {
      needs: neededScope(filter),
      kept: this.#acknowledging.keptOf(asker, message),
      feed: undefined,
      names: 0
    }
    if (!held.add(id, entry)) return false
    try {
      if (!this.pulse.isAlive(channel, this.#options.now()))
        raise('log_unavailable', `the ${channel} log is not being read`)
      const selected = isSelective(filter) ? await this.#follow(asker, message, entry) : filter
      if (!held.holds(id, entry)) return true
      const begun = await this.#start(asker, message, entry, selected)
      if (!begun) held.release(id, entry)
      return begun
    } catch (error) {
      const wasWanted = held.holds(id, entry)
      held.release(id, entry)
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
    const subscription = subscriber.subscriptions.get(id)
    held.release(id, entry, subscription?.cursor)
    if (subscription !== undefined) this.#options.publisher.unsubscribe(subscriber, subscription)
    return true
  }

  /**
   * Takes positions of subscriptions with a name, those too that have ended on this socket. They are answered by `acknowledged` when they are kept; of an epoch
   * that is over nothing is.
   *
   * @throws ProblemError `invalid_request` for what cannot be acknowledged; the others are taken
   */
  async acknowledge(asker: Asker, { positions }: Ack): Promise<void> {
    this.#acknowledging.acknowledge(asker, this.#heldBy(asker.subscriber), positions)
  }

  /** What the socket's subscriptions need of its token, those too that have not begun. */
  needs(subscriber: Subscriber): Scope[] {
    return this.#heldBy(subscriber)
      .all()
      .flatMap(([, { needs }]) => needs ?? [])
  }

  /** The socket is gone. */
  leave(subscriber: Subscriber): void {
    const held = this.#heldBy(subscriber)
    for (const [id, entry] of held.all()) held.release(id, entry)
    this.#options.publisher.leave(subscriber)
  }

  async #start(asker: Asker, message: Subscribe, entry: Held, filter: SelectedFilter): Promise<boolean> {
    const { subscriber } = asker
    const { id, channel, from, credits } = message
    const log = this.logs[channel]
    const held = this.#heldBy(subscriber)
    if (!held.claim(entry, log.idOf(filter), namesIn(canonical(filter)))) return false

    const start =
      from === 'snapshot'
        ? await this.#sendSnapshot(asker, message, entry, filter)
        : await this.#startOf(log, await this.#acknowledging.resume(asker, message, entry))
    if (start === undefined || !held.holds(id, entry)) return true
    if (from !== 'snapshot') announce(asker, message, entry, start)
    const { position, mode } = start
    const how = { replay: mode !== 'live', credits, ledger: entry.kept?.ledger }
    this.#options.publisher.subscribe(subscriber, { id, log, feed: log.feed(filter), from: position, ...how })
    entry.followed?.ready()
    return true
  }

  /** @param position undefined: now */
  async #startOf(log: ChannelLog, position: Position | undefined): Promise<Start> {
    if (position === undefined) return { mode: 'live', position: log.position, top: log.ring.top }
    return { mode: 'resumed', position, top: await this.#topFor(log, position) }
  }

  /** @returns where its events begin, or undefined when nobody wants them any more */
  async #sendSnapshot(
    asker: Asker,
    message: Subscribe,
    entry: Held,
    filter: SelectedFilter
  ): Promise<Start | undefined> {
    const { id, channel } = message
    const log = this.logs[channel]
    const gone = new AbortController()
    entry.gone = gone
    let start: Start | undefined
    const begin = async (position: Position) => {
      start = { mode: 'snapshot', position, top: await this.#topFor(log, position) }
      if (!gone.signal.aborted) announce(asker, message, entry, start)
    }
    const { user, subscriber } = asker
    const request = { user, subscriber, id, channel, filter, feed: log.idOf(filter), begin, gone: gone.signal }
    await this.#options.snapshots.deliver(request)
    return start
  }

  async #follow(asker: Asker, { id, channel, filter = {} }: Subscribe, entry: Held): Promise<SelectedFilter> {
    const { universe, following } = this.#options
    const { user, subscriber, tell } = asker
    const followed = following.follow({
      user,
      select: () => selectionOf({ user, channel, filter }, universe),
      changed: selection => this.#retarget(subscriber, id, entry, selection),
      lost: problem => {
        if (this.end(subscriber, id)) tell(id, problem)
      },
      behind: problem => tell(id, problem)
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

  #heldBy(subscriber: Subscriber): HeldSubscriptions {
    const known = this.#held.get(subscriber) ?? new HeldSubscriptions()
    this.#held.set(subscriber, known)
    return known
  }

  /** The end of the log, for one who stands there. */
  async #topFor(log: ChannelLog, position: Position): Promise<Position['offset']> {
    if (log.judges(position)) return log.ring.top
    try {
      const { head } = await this.#options.history.standing(log.channel)
      return head.offset
    } catch (error) {
      this.#options.observer.historyFailed(error)
      return raise('log_unavailable', `the ${log.channel} log does not answer`)
    }
  }
}

function announce({ reply }: Asker, { id, channel }: Subscribe, { feed = '' }: Held, start: Start): void {
  reply({ type: 'subscribed', id, feed, channel, ...start })
}
