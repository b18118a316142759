import type { Ack, PerChannel, Position, Scope, Subscribe, Subscribed } from '@tickstock/contracts'
import type { ResumePoint } from './acknowledged-positions.ts'
import { Acknowledging, type AcknowledgingOptions } from './acknowledging.ts'
import type { Asker } from './asker.ts'
import type { ChannelLog } from './channel-log.ts'
import type { FeedKey } from './feed.ts'
import type { Following } from './following.ts'
import { type Held, HeldSubscriptions } from './held-subscriptions.ts'
import type { History, Standing } from './history.ts'
import { canonical, type SelectedFilter } from './matcher.ts'
import { neededScope } from './needed-scope.ts'
import type { Pulse } from './pulse.ts'
import { isSelective, requireSound, type Selection, selectionOf } from './selection.ts'
import type { SnapshotDelivery } from './snapshot-delivery.ts'
import type { Subscriber } from './subscription.ts'
import type { Universe } from './universe.ts'
import type { WebSocketPublisher } from './websocket-publisher.ts'

export interface SubscribingOptions extends AcknowledgingOptions {
  readonly logs: PerChannel<ChannelLog>
  readonly publisher: WebSocketPublisher
  readonly history: History
  readonly pulse: Pulse
  readonly universe: Universe
  readonly snapshots: SnapshotDelivery
  readonly following: Following
}

/** Where a subscription begins, and the end of the log then. */
type Start = Pick<Subscribed, 'mode' | 'position' | 'top'>

interface Beginning {
  readonly start: Start
  /** What Redis said of the log, where the ring cannot judge the position. */
  readonly standing?: Standing | undefined
  /** It begins where only its client knew to have come: the stored position is lost. */
  readonly isLost?: boolean
}

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
   * At once where the message says all and the ring can judge the position. Else what the filter names and what was
   * acknowledged is looked up, and Redis is asked where the log ends. While the log is away it waits a moment for it.
   *
   * @returns false when the socket has as many subscriptions, or names in their filters, as it may have
   * @throws ProblemError `invalid_request` for a filter that is not sound, or an id or name in use, `log_unavailable`, `unauthenticated` for a name
   * without a user, `patterns_unavailable`, and what `selectionOf` throws
   */
  async begin(asker: Asker, message: Subscribe): Promise<boolean> {
    const { id, channel, filter = {} } = message
    requireSound(filter)
    const held = this.#heldBy(asker.subscriber)
    const entry: Held = {
      needs: neededScope(filter),
      kept: this.#acknowledging.keptOf(asker, message),
      credits: message.credits
    }
    if (!held.add(id, entry)) return false
    try {
      await this.#options.logWait.untilRead(channel)
      if (!held.holds(id, entry)) return true
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
    if (subscription !== undefined) this.#options.publisher.unsubscribe(subscription)
    return true
  }

  /**
   * Lets so many more events be sent to one subscription, or to each of the connection's that counts credits. What has not
   * begun yet begins with them.
   *
   * @returns false when there is none that counts credits
   */
  pull(subscriber: Subscriber, id: string | undefined, credits: number): boolean {
    const counting = this.#heldBy(subscriber)
      .all()
      .filter(([its, entry]) => entry.credits !== undefined && (id === undefined || its === id))
    for (const [its, entry] of counting) {
      const subscription = subscriber.subscriptions.get(its)
      if (subscription !== undefined) this.#options.publisher.grant(subscription, credits)
      else entry.credits = (entry.credits ?? 0) + credits
    }
    return counting.length > 0
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
    const { id, channel, from } = message
    const log = this.logs[channel]
    const held = this.#heldBy(subscriber)
    const form = canonical(filter)
    if (!held.hasRoomFor(form)) return false
    const feed = held.claim(entry, channel, form)

    const begin =
      from === 'snapshot'
        ? await this.#sendSnapshot(asker, message, entry, filter, feed)
        : await this.#beginningAt(log, await this.#acknowledging.resume(asker, message, entry))
    if (begin === undefined || !held.holds(id, entry)) return true
    const { start, standing, isLost } = begin
    if (from !== 'snapshot') asker.reply(subscribedOf(message, feed, start))
    const how = { replay: start.mode !== 'live', credits: entry.credits, ledger: entry.kept?.ledger }
    const subscription = { subscriber, id, log, feed: log.feed(feed), from: start.position, isLost, ...how }
    this.#options.publisher.subscribe(subscription, standing)
    entry.followed?.ready()
    return true
  }

  /** @param point undefined: the end of the log now, as Redis says: the ring may still be catching up */
  async #beginningAt(log: ChannelLog, point: ResumePoint | undefined): Promise<Beginning> {
    if (point !== undefined) {
      const { position, isLost } = point
      return { ...(await this.#resumingAt(log, position, 'resumed')), isLost }
    }
    const { head } = await this.#standingOf(log)
    return { start: { mode: 'live', position: head, top: head.offset } }
  }

  async #resumingAt(log: ChannelLog, position: Position, mode: Start['mode']): Promise<Beginning> {
    const standing = log.judges(position) ? undefined : await this.#standingOf(log)
    const top = standing?.head.offset ?? log.ring.top
    return { start: { mode, position, top }, standing }
  }

  /** @returns where its events begin, or undefined when nobody wants them any more */
  async #sendSnapshot(
    asker: Asker,
    message: Subscribe,
    entry: Held,
    filter: SelectedFilter,
    feed: FeedKey
  ): Promise<Beginning | undefined> {
    const { id, channel } = message
    const log = this.logs[channel]
    const gone = new AbortController()
    entry.gone = gone
    let beginning: Beginning | undefined
    const begin = async (position: Position) => {
      beginning = await this.#resumingAt(log, position, 'snapshot')
      if (!gone.signal.aborted) asker.reply(subscribedOf(message, feed, beginning.start))
    }
    const { user, subscriber } = asker
    const request = { user, subscriber, id, channel, filter, feed: feed.id, begin, gone: gone.signal }
    await this.#options.snapshots.deliver(request)
    return beginning
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
    const { log } = subscription
    const feed = this.#heldBy(subscriber).claim(entry, log.channel, canonical(filter))
    this.#options.publisher.retarget(subscription, log.feed(feed))
  }

  #heldBy(subscriber: Subscriber): HeldSubscriptions {
    const known = this.#held.get(subscriber) ?? new HeldSubscriptions()
    this.#held.set(subscriber, known)
    return known
  }

  /** @throws ProblemError `log_unavailable` */
  async #standingOf(log: ChannelLog): Promise<Standing> {
    const { history, logWait } = this.#options
    const standing = await logWait.ask(log.channel, () => history.standing(log.channel))
    log.saw(standing.head)
    return standing
  }
}

const subscribedOf = ({ id, channel }: Subscribe, { id: feed }: FeedKey, start: Start): Subscribed => ({
  type: 'subscribed',
  id,
  feed,
  channel,
  ...start
})
