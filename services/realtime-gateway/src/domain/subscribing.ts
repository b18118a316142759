import {
  type Ack,
  type PerChannel,
  type Position,
  type ProblemError,
  raise,
  type Scope,
  type Subscribe,
  type Subscribed
} from '@tickstock/contracts'
import type { KeptName } from './acknowledged-positions.ts'
import type { Acknowledgements } from './acknowledgements.ts'
import { AdvanceLedger } from './advance-ledger.ts'
import type { ChannelLog } from './channel-log.ts'
import type { DeliveryBook } from './delivery-book.ts'
import type { Following } from './following.ts'
import type { ControlMessage } from './frames.ts'
import { type Held, HeldSubscriptions } from './held-subscriptions.ts'
import type { History } from './history.ts'
import { canonical, namesIn, type SelectedFilter } from './matcher.ts'
import { neededScope } from './needed-scope.ts'
import type { Observer } from './observer.ts'
import type { Pulse } from './pulse.ts'
import { isSelective, type Selection, selectionOf } from './selection.ts'
import type { SnapshotDelivery } from './snapshot-delivery.ts'
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
  readonly snapshots: SnapshotDelivery
  readonly following: Following
  readonly acknowledgements: Acknowledgements
  readonly book: DeliveryBook
  /** The user that everybody is who is not known: nothing is kept for him. */
  readonly anonymous: string
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

/** Where a subscription begins, and the end of the log then. */
type Start = Pick<Subscribed, 'mode' | 'position' | 'top'>

/** What devices are called that do not say. */
const DEFAULT_DEVICE = 'default'

/** Begins and ends subscriptions of sockets, and takes what they acknowledge. */
export class Subscribing {
  readonly logs: PerChannel<ChannelLog>
  readonly pulse: Pulse
  readonly #options: SubscribingOptions
  readonly #held = new WeakMap<Subscriber, HeldSubscriptions>()

  constructor(options: SubscribingOptions) {
    this.#options = options
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
   * @throws ProblemError `invalid_request` when the id, the name or an equal feed is in use, `log_unavailable`, `unauthenticated` for a name that is nobody's,
   * `patterns_unavailable`, and what `selectionOf` throws
   */
  async begin(asker: Asker, message: Subscribe): Promise<boolean> {
    const { id, channel, filter = {} } = message
    const held = this.#heldBy(asker.subscriber)
    const entry: Held = { needs: neededScope(filter), kept: this.#keptOf(asker, message), feed: undefined, names: 0 }
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
    const refused = Object.entries(positions).flatMap(([id, position]) => {
      const why = this.#acknowledge(asker, id, position)
      return why === undefined ? [] : [`ack.positions.${id}: ${why}`]
    })
    if (refused.length > 0) raise('invalid_request', refused.join('; '))
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
        : await this.#startOf(log, await this.#resume(asker, message, entry))
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

  /** The position that a subscription goes on after, if there is one. */
  async #resume({ user }: Asker, { from }: Subscribe, { kept }: Held): Promise<Position | undefined> {
    if (typeof from === 'object') return from
    if (kept === undefined || from === 'now') return undefined
    const { acknowledgements, observer } = this.#options
    const { under } = kept
    try {
      const { epoch } = this.logs[under.channel].position
      return await acknowledgements.find(user, under, { anywhere: from === 'acknowledged_anywhere', epoch })
    } catch (error) {
      observer.historyFailed(error)
      return raise('log_unavailable', 'what was acknowledged cannot be read')
    }
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

  #acknowledge(asker: Asker, id: string, position: Position): string | undefined {
    const held = this.#heldBy(asker.subscriber)
    const { kept } = held.get(id) ?? {}
    const ended = held.ended(id)
    const under = kept?.under ?? ended?.under
    const subscription = asker.subscriber.subscriptions.get(id)
    const reached = subscription?.cursor ?? ended?.reached
    if (under === undefined || reached === undefined) return 'there is no subscription with a name under this id'
    const { acknowledgements } = this.#options
    if (position.epoch !== reached.epoch) {
      acknowledgements.disregard()
      return undefined
    }
    if (position.offset > reached.offset) {
      if (!subscription?.replaying || position.offset > subscription.log.ring.top)
        return 'it lies beyond what was handed over'
      kept?.ledger.inAdvance(position)
      return undefined
    }
    kept?.ledger.acknowledged(position.offset)
    acknowledgements.take(asker, id, { ...under, position })
    return undefined
  }

  #keptOf(asker: Asker, { id, name, channel, from }: Subscribe): Held['kept'] {
    const { user, device = DEFAULT_DEVICE } = asker
    const { acknowledgements, anonymous, book } = this.#options
    if (name === undefined) {
      if (from === 'acknowledged' || from === 'acknowledged_anywhere')
        raise('invalid_request', `subscribe.from: ${from} needs a name`)
      return undefined
    }
    if (user === anonymous) raise('unauthenticated', 'subscribe.name: nothing is kept for nobody')
    const under: KeptName = { device, name, channel }
    const reached = (position: Position) => acknowledgements.take(asker, id, { ...under, position })
    return { under, ledger: new AdvanceLedger(book.open(), reached) }
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
