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

/** Begins and ends subscriptions of sockets. */
export class Subscribing {
  readonly logs: PerChannel<ChannelLog>
  readonly pulse: Pulse
  readonly #options: SubscribingOptions
  /** Subscriptions that the log is asked about first: id → feed. */
  readonly #beginning = new WeakMap<Subscriber, Map<string, string>>()

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
   * @returns false when the socket has as many as it may have
   * @throws ProblemError `invalid_request` when the id or an equal feed is in use, `log_unavailable`
   */
  async begin(subscriber: Subscriber, message: Subscribe, reply: (answer: ControlMessage) => void): Promise<boolean> {
    const { id, channel, filter = {}, from } = message
    const log = this.logs[channel]
    const feed = log.idOf(filter)
    const beginning = this.#beginningOf(subscriber)
    this.#checkNew(subscriber, beginning, id, feed)
    if (subscriber.subscriptions.size + beginning.size >= SOCKET_LIMITS.subscriptions) return false
    if (!this.pulse.isAlive(channel, this.#options.now()))
      raise('log_unavailable', `the ${channel} log is not being read`)

    const position = from === 'now' ? log.position : from
    let top = log.ring.top
    if (!log.judges(position)) {
      beginning.set(id, feed)
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

  #beginningOf(subscriber: Subscriber): Map<string, string> {
    const known = this.#beginning.get(subscriber) ?? new Map<string, string>()
    this.#beginning.set(subscriber, known)
    return known
  }

  /** Events come once a feed: a second subscription to an equal one would be without any. */
  #checkNew({ subscriptions }: Subscriber, beginning: ReadonlyMap<string, string>, id: string, feed: string): void {
    if (subscriptions.has(id) || beginning.has(id)) raise('invalid_request', `subscribe.id: ${id} is in use`)
    for (const [other, held] of [
      ...beginning,
      ...[...subscriptions].map(([name, { feed }]) => [name, feed.id] as const)
    ])
      if (held === feed) raise('invalid_request', `subscribe.filter: subscription ${other} has an equal one`)
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
