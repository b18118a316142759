import { CHANNELS, type Channel, type LogEntry, type PerChannel, type Position, perChannel } from '@tickstock/contracts'
import type { ChannelLog } from './channel-log.ts'
import type { Feed } from './feed.ts'
import { frameOf, joinArrays, WRITE_BYTES } from './frames.ts'
import type { History } from './history.ts'
import type { Observer } from './observer.ts'
import type { Subscriber } from './subscriber.ts'
import { type Need, Subscription, type SubscriptionStart, type Write } from './subscription.ts'
import { Turns } from './turns.ts'

/** A socket with more than this outstanding is not written to: its cursors stay where they are. Bytes. */
export const HIGH_WATER = 64 * 1024

/** Pages of the log read at a time, over all clients. More would take the log's time from the live readers. */
const CONCURRENT_READS = 4

export interface PublisherOptions {
  readonly logs: PerChannel<ChannelLog>
  readonly history: History
  readonly observer: Observer
  /** Asks for a `flush` soon. May be called often. */
  readonly wake: () => void
}

/**
 * Brings what the rings hold to the sockets. There is no queue for a client: each subscription is a cursor, and a flush visits those that
 * have something due, joins it, and writes once. A socket that does not take what it was given is left alone; so what a client costs does not
 * depend on how slow it is.
 */
export class WebSocketPublisher {
  readonly #logs: PerChannel<ChannelLog>
  readonly #history: History
  readonly #observer: Observer
  readonly #wake: () => void
  /** A socket takes a feed once, so the sockets of a feed are its subscriptions. */
  readonly #subscribers = new Map<Feed, Set<Subscriber>>()
  /** Those with a subscription that can do nothing until the log has been read again. */
  readonly #parked = perChannel(() => new Set<Subscriber>())
  readonly #touched = new Set<Feed>()
  readonly #waitingToRead = new Turns<Subscriber, () => Promise<void>>()
  #due = new Set<Subscriber>()
  #reads = 0

  constructor({ logs, history, observer, wake }: PublisherOptions) {
    this.#logs = logs
    this.#history = history
    this.#observer = observer
    this.#wake = wake
  }

  /** New entries of a channel. They are due at the next flush. */
  append(channel: Channel, entries: readonly LogEntry[]): void {
    for (const feed of this.#logs[channel].append(entries)) {
      this.#touched.add(feed)
      for (const subscriber of this.#subscribers.get(feed) ?? []) this.#due.add(subscriber)
    }
    this.heard(channel)
  }

  /** The channel's log goes on elsewhere: another epoch, or a hole. Each cursor finds its own way. */
  restart(channel: Channel, position: Position): void {
    const log = this.#logs[channel]
    log.restart(position)
    for (const feed of log.subscribedFeeds())
      for (const subscriber of this.#subscribers.get(feed) ?? []) this.#due.add(subscriber)
    this.heard(channel)
  }

  /** The channel's log was read with success: whoever waited for that may try again. */
  heard(channel: Channel): void {
    const parked = this.#parked[channel]
    for (const subscriber of parked) this.#due.add(subscriber)
    parked.clear()
    if (this.#due.size > 0) this.#wake()
  }

  /** Adds a subscription to a socket. Its first write follows with the next flush. */
  subscribe(subscriber: Subscriber, start: SubscriptionStart): void {
    const { id, feed } = start
    const subscribers = this.#subscribers.get(feed) ?? new Set<Subscriber>()
    this.#subscribers.set(feed, subscribers.add(subscriber))
    subscriber.subscriptions.set(id, new Subscription(start))
    this.#due.add(subscriber)
    this.#wake()
  }

  /**
   * Lets so many more events be sent to one subscription, or to each of the socket's that counts credits.
   *
   * @returns false when there is none that counts credits
   */
  pull(subscriber: Subscriber, id: string | undefined, credits: number): boolean {
    const all = [...subscriber.subscriptions.values()]
    const granted = all.filter(one => one.credits !== Number.POSITIVE_INFINITY && (id === undefined || one.id === id))
    for (const subscription of granted) subscription.grant(credits)
    this.#due.add(subscriber)
    this.#wake()
    return granted.length > 0
  }

  unsubscribe(subscriber: Subscriber, subscription: Subscription): void {
    this.#drop(subscriber, subscription)
    subscription.ledger?.returned()
  }

  #drop(subscriber: Subscriber, subscription: Subscription): void {
    const { id, feed, log } = subscription
    subscription.closed = true
    subscriber.subscriptions.delete(id)
    const subscribers = this.#subscribers.get(feed)
    subscribers?.delete(subscriber)
    if (subscribers?.size !== 0) return
    this.#subscribers.delete(feed)
    log.forget(feed)
  }

  /** Lets a subscription go on as another feed, from where it stands: what matched before was handed over as the old one. */
  retarget(subscriber: Subscriber, subscription: Subscription, feed: Feed): void {
    const { id, feed: previous, log, replaying, credits, ledger } = subscription
    if (feed === previous) return
    // At the live end, where it can be: what came before the edit and matches only now is what a scan is for.
    const { last, ...position } = subscription.state
    const switched = { previous_feed: previous.id, feed: feed.id, position, last }
    subscriber.outlet.send(frameOf({ type: 'retargeted', id, ...switched }))
    this.#drop(subscriber, subscription)
    this.subscribe(subscriber, { id, log, feed, from: position, replay: replaying, credits, ledger })
  }

  /** The socket is gone. */
  leave(subscriber: Subscriber): void {
    for (const subscription of [...subscriber.subscriptions.values()]) this.unsubscribe(subscriber, subscription)
    this.#due.delete(subscriber)
    for (const channel of CHANNELS) this.#parked[channel].delete(subscriber)
  }

  /** Visits every socket that has something due, once. */
  flush(): void {
    const due = this.#due
    this.#due = new Set()
    for (const subscriber of due) if (this.#visit(subscriber)) this.#due.add(subscriber)
    for (const feed of this.#touched) feed.release()
    this.#touched.clear()
    if (this.#due.size > 0) this.#wake()
  }

  /** @returns whether it is to be visited again */
  #visit(subscriber: Subscriber): boolean {
    if (subscriber.subscriptions.size === 0) return false
    if (subscriber.outlet.buffered > HIGH_WATER) return true
    const writes: Write[] = []
    let bytes = 0
    let again = false
    for (const subscription of subscriber.inTurn()) {
      if (bytes >= WRITE_BYTES) {
        again = true
        break
      }
      if (subscription.reading) continue
      const need = subscription.next()
      if (need.kind === 'write') {
        this.#touched.add(subscription.feed)
        writes.push(need.write)
        bytes += need.write.frame.length
        again ||= need.write.more
      } else if (need.kind !== 'nothing') this.#ask(subscriber, subscription, need.kind)
    }
    this.#write(subscriber, writes)
    return again
  }

  #write({ outlet }: Subscriber, writes: readonly Write[]): void {
    if (writes.length === 0) return
    const frame = joinArrays(writes.map(write => write.frame))
    outlet.send(frame)
    this.#observer.wrote(writes, frame.length)
  }

  #ask(subscriber: Subscriber, subscription: Subscription, what: 'page' | 'standing'): void {
    subscription.reading = true
    this.#waitingToRead.push(subscriber, () => this.#read(subscriber, subscription, what))
    this.#readOn()
  }

  #readOn(): void {
    while (this.#reads < CONCURRENT_READS) {
      const read = this.#waitingToRead.next()
      if (read === undefined) return
      this.#reads++
      void read().finally(() => {
        this.#reads--
        this.#readOn()
      })
    }
  }

  async #read(subscriber: Subscriber, subscription: Subscription, what: 'page' | 'standing'): Promise<void> {
    const { channel } = subscription.feed
    if (subscription.closed) return
    let need: Need | undefined
    try {
      need =
        what === 'page'
          ? subscription.takePage(await this.#history.page(channel, subscription.cursor.offset))
          : subscription.takeStanding(await this.#history.standing(channel))
    } catch (error) {
      this.#observer.historyFailed(error)
    }
    subscription.reading = false
    if (subscription.closed) return
    this.#go(subscriber, subscription, need)
  }

  /** Goes on with what the log said; `undefined` when it said nothing. */
  #go(subscriber: Subscriber, subscription: Subscription, need: Need | undefined): void {
    if (need?.kind === 'standing') {
      this.#ask(subscriber, subscription, 'standing')
      return
    }
    if (need?.kind === 'write') this.#write(subscriber, [need.write])
    if (need === undefined || subscription.stuck) this.#parked[subscription.log.channel].add(subscriber)
    else this.#due.add(subscriber)
    if (this.#due.size > 0) this.#wake()
  }
}
