import {
  type PerChannel,
  type Position,
  raise,
  SOCKET_LIMITS,
  type Subscribe,
  type Subscribed
} from '@tickstock/contracts'
import type { ChannelLog } from './channel-log.ts'
import type { ControlMessage } from './frames.ts'
import type { History } from './history.ts'
import { canonical, namesIn } from './matcher.ts'
import type { Observer } from './observer.ts'
import type { Pulse } from './pulse.ts'
import type { Subscriber } from './subscriber.ts'
import type { WebSocketPublisher } from './websocket-publisher.ts'

export interface SubscribingOptions {
  readonly logs: PerChannel<ChannelLog>
  readonly publisher: WebSocketPublisher
  readonly history: History
  readonly pulse: Pulse
  readonly observer: Observer
  readonly now: () => number
}

/** What a subscription takes of its socket's share. */
interface Held {
  readonly feed: string
  readonly names: number
}

/** Begins and ends subscriptions of sockets. */
export class Subscribing {
  readonly logs: PerChannel<ChannelLog>
  readonly pulse: Pulse
  readonly #options: SubscribingOptions
  /** Subscriptions that the log is asked about first, by id. */
  readonly #beginning = new WeakMap<Subscriber, Map<string, Held>>()

  constructor(options: SubscribingOptions) {
    this.#options = options
    this.logs = options.logs
    this.pulse = options.pulse
  }

  /**
   * Answers with `subscribed`, and lets events follow.
   *
   * Where the ring can judge the position, at once; else the log is asked whether it answers at all, and where it ends.
   *
   * @returns false when the socket has as many subscriptions, or names in their filters, as it may have
   * @throws ProblemError `invalid_request` when the id or an equal feed is in use, `log_unavailable`
   */
  async begin(subscriber: Subscriber, message: Subscribe, reply: (answer: ControlMessage) => void): Promise<boolean> {
    const { id, channel, filter = {}, from } = message
    const log = this.logs[channel]
    const feed = log.idOf(filter)
    const names = namesIn(canonical(filter))
    const beginning = this.#beginningOf(subscriber)
    const held = heldBy(subscriber, beginning)
    checkNew(held, id, feed)
    if (held.size >= SOCKET_LIMITS.subscriptions) return false
    if ([...held.values()].reduce((sum, other) => sum + other.names, names) > SOCKET_LIMITS.names) return false
    if (!this.pulse.isAlive(channel, this.#options.now()))
      raise('log_unavailable', `the ${channel} log is not being read`)

    const position = from === 'now' ? log.position : from
    let top = log.ring.top
    if (!log.judges(position)) {
      beginning.set(id, { feed, names })
      const asked = await this.#topOf(log).catch((error: unknown) => error)
      // Unsubscribed meanwhile, or the socket is gone.
      if (!beginning.delete(id)) return true
      if (typeof asked !== 'number') throw asked
      top = asked
    }
    const mode: Subscribed['mode'] = from === 'now' ? 'live' : 'resumed'
    reply({ type: 'subscribed', id, feed, channel, mode, position, top })
    this.#options.publisher.subscribe(subscriber, id, log, log.feed(filter), position, from !== 'now')
    return true
  }

  /** @returns whether there was one */
  end(subscriber: Subscriber, id: string): boolean {
    if (this.#beginning.get(subscriber)?.delete(id)) return true
    const subscription = subscriber.subscriptions.get(id)
    if (subscription === undefined) return false
    this.#options.publisher.unsubscribe(subscriber, subscription)
    return true
  }

  /** The socket is gone. */
  leave(subscriber: Subscriber): void {
    this.#beginning.get(subscriber)?.clear()
    this.#options.publisher.leave(subscriber)
  }

  #beginningOf(subscriber: Subscriber): Map<string, Held> {
    const known = this.#beginning.get(subscriber) ?? new Map<string, Held>()
    this.#beginning.set(subscriber, known)
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

const heldBy = ({ subscriptions }: Subscriber, beginning: ReadonlyMap<string, Held>): ReadonlyMap<string, Held> =>
  new Map([
    ...beginning,
    ...[...subscriptions].map(([id, { feed }]) => [id, { feed: feed.id, names: feed.names }] as const)
  ])

/** Events come once a feed: a second subscription to an equal one would be without any. */
function checkNew(held: ReadonlyMap<string, Held>, id: string, feed: string): void {
  if (held.has(id)) raise('invalid_request', `subscribe.id: ${id} is in use`)
  for (const [other, { feed: theirs }] of held)
    if (theirs === feed) raise('invalid_request', `subscribe.filter: subscription ${other} has an equal one`)
}
