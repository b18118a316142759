import { CHANNELS, type Channel, type LogEntry, type PerChannel, type Position, perChannel } from '@tickstock/contracts'
import type { ChannelLog } from './channel-log.ts'
import type { Feed } from './feed.ts'
import { frameOf, joinArrays, OWN_WRITE_BYTES, SMALL_WRITE_BYTES, WRITE_BYTES } from './frames.ts'
import type { History, Standing } from './history.ts'
import { LogQuestions } from './log-questions.ts'
import type { Observer } from './observer.ts'
import type { Page } from './page.ts'
import { SharedPages } from './shared-pages.ts'
import type { Subscriber } from './subscription.ts'
import { type Handover, type Need, Subscription, type SubscriptionStart } from './subscription.ts'
import { Tally } from './tally.ts'
import { Visits } from './visits.ts'

/** A socket with more than this outstanding is in no state to be told anything that can wait. Bytes. */
export const HIGH_WATER = 64 * 1024

/** A frame of a feed with so many sockets is shared: what they cost that stall in it, they cost together. */
const MANY = 8

/** Places of one subscription that are looked at for one write: pages of the log in which nothing matches take some 30 µs each. */
const STEPS = 16

export interface PublisherOptions {
  readonly logs: PerChannel<ChannelLog>
  readonly history: History
  readonly observer: Observer
  /** Entries of the log that a subscription is given at most when it begins. */
  readonly maxReplay: number
  /** Bytes of event JSON that are kept of what is replayed. */
  readonly replayBytes: number
  /** Asks for a `flush` soon. May be called often. */
  readonly wake: () => void
  /** Asks for a `replay` at once. May be called often. */
  readonly wakeReplay: () => void
}

/**
 * Brings what the rings hold to the sockets. There is no queue for a client: each subscription is a cursor, and a flush visits those that
 * have something due, joins it, and writes once. A socket that does not take what it was given is left alone until it has; so what a client costs does
 * not depend on how slow it is, and nobody else pays for it.
 */
export class WebSocketPublisher {
  readonly #options: PublisherOptions
  readonly #pages: SharedPages
  readonly #questions: LogQuestions
  readonly #tally: Tally
  readonly #visits: Visits
  /** Every open subscription, under the feed that it has and no other: only `#open` and `#close` change it. */
  readonly #subscriptions = new Map<Feed, Set<Subscription>>()
  /** Those with a subscription that can do nothing until the log has been read again. */
  readonly #parked = perChannel(() => new Set<Subscriber>())
  /** Feeds with something new, whose sockets have not been found yet. */
  readonly #fresh = new Set<Feed>()
  readonly #touched = new Set<Feed>()

  constructor(options: PublisherOptions) {
    this.#options = options
    this.#pages = new SharedPages(options.history, options.replayBytes)
    this.#tally = new Tally(options.observer)
    this.#visits = new Visits({
      visit: subscriber => this.#visit(subscriber),
      wake: options.wake,
      wakeBehind: options.wakeReplay
    })
    this.#questions = new LogQuestions({
      history: options.history,
      pages: this.#pages,
      answered: (subscription, need) => this.#goOn(subscription, need),
      failed: error => options.observer.historyFailed(error)
    })
  }

  /** New entries of a channel. They are due at the next flush. */
  append(channel: Channel, entries: readonly LogEntry[]): void {
    for (const feed of this.#options.logs[channel].append(entries)) this.#fresh.add(feed)
    this.heard(channel)
  }

  /** The channel's log goes on elsewhere: another epoch, or a hole. Each cursor finds its own way. */
  restart(channel: Channel, position: Position): void {
    const log = this.#options.logs[channel]
    log.restart(position)
    for (const feed of log.subscribedFeeds()) this.#fresh.add(feed)
    this.heard(channel)
  }

  /** The channel's log was read with success: whoever waited for that may try again. */
  heard(channel: Channel): void {
    const parked = this.#parked[channel]
    for (const subscriber of parked) this.#visits.add(subscriber)
    parked.clear()
    if (this.#fresh.size > 0) this.#options.wake()
  }

  /**
   * Adds a subscription to its socket. Its first write follows with the next flush.
   *
   * @param standing of the log, where the ring cannot judge the position: a gap that follows from it is sent at once, so that
   * no heartbeat can repeat a position that the log does not have
   */
  subscribe(start: SubscriptionStart, standing?: Standing): void {
    const subscription = this.#open(start, this.#options.maxReplay)
    const need = standing === undefined ? 'nothing' : subscription.takeStanding(standing)
    if (typeof need !== 'object') return
    this.#tally.handed(need, subscription)
    this.#write(subscription.subscriber, [need.frame])
  }

  #open(start: SubscriptionStart, maxReplay: number): Subscription {
    const { subscriber, id, feed } = start
    const subscription = new Subscription(start, maxReplay)
    const subscriptions = this.#subscriptions.get(feed) ?? new Set<Subscription>()
    this.#subscriptions.set(feed, subscriptions.add(subscription))
    subscriber.subscriptions.set(id, subscription)
    this.#visits.add(subscriber)
    return subscription
  }

  #close(subscription: Subscription): void {
    const { subscriber, id, feed, log } = subscription
    subscription.closed = true
    if (subscriber.subscriptions.get(id) === subscription) subscriber.subscriptions.delete(id)
    const subscriptions = this.#subscriptions.get(feed)
    subscriptions?.delete(subscription)
    if (subscriptions?.size !== 0) return
    this.#subscriptions.delete(feed)
    log.forget(feed)
  }

  /** Lets so many more events be sent. */
  grant(subscription: Subscription, credits: number): void {
    subscription.grant(credits)
    this.#visits.add(subscription.subscriber)
  }

  unsubscribe(subscription: Subscription): void {
    this.#close(subscription)
    subscription.ledger?.returned()
  }

  /**
   * Continues a subscription as another feed, from its position: what matched before was handed over as the old one.
   *
   * @param feed that no other subscription of its connection has
   */
  retarget(subscription: Subscription, feed: Feed): void {
    const { subscriber, id, feed: previous, log, replaying, credits, ledger, maxReplay } = subscription
    if (feed === previous) return
    // At the live end, where it can be: what came before the edit and matches only now is what a scan is for.
    const { last, epoch, offset, top } = subscription.state
    const position = { epoch, offset }
    const switched = { previous_feed: previous.id, feed: feed.id, position, last }
    subscriber.outlet.send(frameOf({ type: 'retargeted', id, ...switched }))
    this.#open({ subscriber, id, log, feed, from: position, top, replay: replaying, credits, ledger }, maxReplay)
    this.#close(subscription)
  }

  /** Asks Redis whether retention has cut what waits for credits. To be called with each heartbeat. */
  checkWaiting(subscriber: Subscriber): void {
    for (const subscription of subscriber.subscriptions.values())
      if (subscription.isWaitingUnseen) this.#questions.ask(subscription, 'standing')
  }

  /** The socket is gone. */
  leave(subscriber: Subscriber): void {
    for (const subscription of [...subscriber.subscriptions.values()]) this.unsubscribe(subscription)
    for (const channel of CHANNELS) this.#parked[channel].delete(subscriber)
  }

  /**
   * Visits sockets that have something due, each once in a round.
   *
   * @returns whether the round is not over: others may run, then it is to be called again
   */
  flush(): boolean {
    for (const feed of this.#fresh) this.#visits.addAll(this.#subscriptions.get(feed) ?? [])
    this.#fresh.clear()
    const goesOn = this.#visits.next()
    this.#tally.tell()
    if (!goesOn) this.#release()
    return goesOn
  }

  /**
   * Visits some of those who are behind.
   *
   * @returns whether there are others
   */
  replay(): boolean {
    const areOthers = this.#visits.nextBehind()
    this.#tally.tell()
    if (!this.#visits.isInRound) this.#release()
    return areOthers
  }

  /** @returns whether there is more for it, which it can take */
  #visit(subscriber: Subscriber): boolean {
    if (subscriber.subscriptions.size === 0) return false
    if (subscriber.outlet.buffered > 0) this.#block(subscriber)
    for (let given = 0; !subscriber.blocked; ) {
      if (given >= WRITE_BYTES) return true
      const frames: Buffer[] = []
      const more = this.#collect(subscriber, frames)
      given += this.#write(subscriber, frames)
      if (!more) return false
      if (frames.length === 0) return true
      subscriber.eager = true
    }
    return false
  }

  /** Gathers what its subscriptions have due, in one write's size. @returns whether there may be more */
  #collect(subscriber: Subscriber, frames: Buffer[]): boolean {
    const full = (subscriber.eager ? OWN_WRITE_BYTES : SMALL_WRITE_BYTES) / 2
    let bytes = 0
    let more = false
    for (const subscription of subscriber.inTurn()) {
      for (let steps = 0; ; steps++) {
        // Somewhat full is full: the next one may be as large as a small write, and a replay's is shared as long as nothing is joined to it.
        if (bytes > (subscription.replaying ? SMALL_WRITE_BYTES / 4 : full) || steps === STEPS) {
          more = true
          break
        }
        const limit = bytes === 0 && subscriber.eager ? this.#limitOf(subscription.feed) : SMALL_WRITE_BYTES
        const need = this.#needOf(subscription, limit)
        if (need === 'nothing') break
        if (need === 'more') continue
        this.#tally.handed(need, subscription)
        this.#touched.add(subscription.feed)
        frames.push(need.frame)
        bytes += need.frame.length
      }
    }
    return more
  }

  #limitOf(feed: Feed): number {
    return (this.#subscriptions.get(feed)?.size ?? 0) < MANY ? OWN_WRITE_BYTES : WRITE_BYTES
  }

  #needOf(subscription: Subscription, bytes: number): Handover | 'nothing' | 'more' {
    if (subscription.reading) return 'nothing'
    const need =
      subscription.page === undefined ? subscription.next(bytes) : this.#leafOn(subscription, subscription.page)
    if (need !== 'page' && need !== 'standing') return need
    const { log, cursor } = subscription
    const held = need === 'page' ? this.#pages.held(log.channel, cursor) : undefined
    if (held !== undefined) {
      subscription.page = held
      return 'more'
    }
    this.#questions.ask(subscription, need)
    return 'nothing'
  }

  /** Takes what comes next of a page, and keeps it while it brings the subscription on. */
  #leafOn(subscription: Subscription, page: Page): Need {
    const { offset } = subscription.cursor
    const need = subscription.takePage(page)
    const now = subscription.cursor.offset
    if (now <= offset || now >= page.last) subscription.page = undefined
    return need
  }

  /** @returns bytes */
  #write(subscriber: Subscriber, frames: readonly Buffer[]): number {
    if (frames.length === 0) return 0
    const frame = joinArrays(frames)
    subscriber.outlet.write(frame)
    this.#tally.wrote(frame.length)
    if (subscriber.outlet.buffered > 0) this.#block(subscriber)
    return frame.length
  }

  /** Nobody looks at it until it has taken what it was given, which then is little. */
  #block(subscriber: Subscriber): void {
    if (subscriber.blocked) return
    subscriber.blocked = true
    subscriber.eager = false
    for (const subscription of subscriber.subscriptions.values()) subscription.page = undefined
    subscriber.outlet.whenTaken(() => {
      subscriber.blocked = false
      this.#visits.addBehind(subscriber)
    })
  }

  /** Goes on with what the log said; `undefined` when it said nothing. */
  #goOn(subscription: Subscription, need: Need | undefined): void {
    const { subscriber } = subscription
    if (typeof need === 'object') {
      this.#tally.handed(need, subscription)
      this.#write(subscriber, [need.frame])
    }
    if (subscriber.blocked) subscription.page = undefined
    // A page that has come moves on one that was stuck.
    if (need === undefined || (need === 'nothing' && subscription.stuck))
      this.#parked[subscription.log.channel].add(subscriber)
    else this.#visits.addBehind(subscriber)
  }

  #release(): void {
    for (const feed of this.#touched) feed.release()
    this.#touched.clear()
  }
}
