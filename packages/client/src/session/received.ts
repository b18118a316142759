import type {
  Acknowledged,
  CaughtUp,
  ErrorMessage,
  EventMessage,
  Gap,
  Heartbeat,
  Retargeted,
  ServerMessage,
  Slow,
  Snapshot,
  Subscribed
} from '@tickstock/contracts'
import type { MissedEvents, SessionEffect } from './effect.ts'
import type { SessionCounters } from './session-counters.ts'
import type { Subscription } from './subscription.ts'
import type { Subscriptions } from './subscriptions.ts'

/** Undefined: complete. `hopeless`: the server cannot give what is missing, so its socket is no use. */
export type Completeness = 'asked_again' | 'hopeless' | undefined

/** Messages about subscriptions; the rest are about the socket. */
export type OfSubscriptions = Exclude<ServerMessage, { type: 'welcome' | 'refreshed' | 'drain' | 'pong' }>

export interface ReceivedOptions {
  readonly counters: SessionCounters
  readonly subscriptions: Subscriptions
  readonly emit: (effect: SessionEffect) => void
  /** Milliseconds to wait after so many refusals. */
  readonly wait: (refusals: number) => number
}

/** A server that does not give what is missing after so many questions is left for another. */
const MOST_QUESTIONS = 3

/** What each message of a server means to the subscriptions. */
export class Received {
  readonly #options: ReceivedOptions
  readonly #subscriptions: Subscriptions

  constructor(options: ReceivedOptions) {
    this.#options = options
    this.#subscriptions = options.subscriptions
  }

  take(socket: number, message: OfSubscriptions, now: number): Completeness {
    switch (message.type) {
      case 'event':
        return this.#event(socket, message, now)
      case 'heartbeat':
        return this.#heartbeat(socket, message, now)
      case 'subscribed':
        return this.#subscribed(socket, message, now)
      case 'snapshot':
        return this.#snapshot(socket, message)
      case 'gap':
        return this.#gap(socket, message, now)
      case 'retargeted':
        return this.#retargeted(socket, message, now)
      case 'caught_up':
        return this.#caughtUp(socket, message)
      case 'slow':
        return this.#slow(socket, message)
      case 'acknowledged':
        return this.#acknowledged(socket, message)
      case 'error':
        return this.#refused(socket, message, now)
      case 'unsubscribed':
        return undefined
    }
  }

  #event(socket: number, message: EventMessage, now: number): Completeness {
    const subscription = this.#subscriptions.of(socket, message.feed)
    const verdict = subscription?.judge(message)
    if (subscription === undefined) return undefined
    if (verdict === 'missing') return this.#askAgain(socket, subscription, now)
    if (verdict === 'duplicate') this.#options.counters.duplicates += 1
    else this.#deliver(subscription, message)
    return undefined
  }

  #heartbeat(socket: number, { feeds, time }: Heartbeat, now: number): Completeness {
    let completeness: Completeness
    for (const subscription of this.#subscriptions.on(socket)) {
      const { position } = subscription
      const head = feeds[subscription.active?.feed ?? '']
      if (subscription.consider(head, time) === 'missing') completeness = this.#askAgain(socket, subscription, now)
      else if (subscription.position !== position) this.#tellPosition(subscription)
    }
    return completeness
  }

  #subscribed(socket: number, message: Subscribed, now: number): Completeness {
    const subscription = this.#subscriptions.answered(socket, message.id)
    if (subscription === undefined) return undefined
    this.#release(socket, message.feed, subscription, now)
    const { gap, isRetargeted } = subscription.begin(socket, message)
    const { request, position = message.position } = subscription
    if (isRetargeted) this.#tell({ type: 'retargeted', id: request.id, position })
    if (gap) return this.#tellGap(socket, subscription, gap, now)
    if (isRetargeted && request.from === 'snapshot') return this.#beginAgain(socket, subscription, now)
    this.#tellPosition(subscription)
    return undefined
  }

  #snapshot(socket: number, message: Snapshot): Completeness {
    const { id, patterns, remaining } = message
    const subscription = this.#subscriptions.known(socket, id)
    const { position, begun } = subscription?.page(message) ?? {}
    if (subscription && position) {
      this.#tell({ type: 'snapshot', id: subscription.request.id, patterns, position, begins: !begun, remaining })
    }
    return undefined
  }

  #gap(socket: number, message: Gap, now: number): Completeness {
    const subscription = this.#subscriptions.of(socket, message.feed)
    const outcome = subscription?.skip(message)
    if (subscription === undefined || outcome === undefined || outcome === 'known') return undefined
    if (outcome === 'missing') return this.#askAgain(socket, subscription, now)
    return this.#tellGap(socket, subscription, outcome, now)
  }

  #retargeted(socket: number, message: Retargeted, now: number): Completeness {
    const subscription = this.#subscriptions.known(socket, message.id)
    const before = subscription?.position
    const outcome = subscription?.retarget(message) ?? 'other'
    if (subscription === undefined || outcome === 'other') return undefined
    this.#release(socket, message.feed, subscription, now)
    this.#tell({ type: 'retargeted', id: subscription.request.id, position: message.position })
    if (subscription.request.from === 'snapshot') return this.#beginAgain(socket, subscription, now)
    if (outcome === 'missing') return this.#askAgain(socket, subscription, now)
    if (subscription.position !== before) this.#tellPosition(subscription)
    return undefined
  }

  #caughtUp(socket: number, { feed }: CaughtUp): Completeness {
    const subscription = this.#subscriptions.of(socket, feed)
    subscription?.standing.caughtUp()
    const { request, position } = subscription ?? {}
    if (request && position) this.#tell({ type: 'caught_up', id: request.id, position })
    return undefined
  }

  #slow(socket: number, message: Slow): Completeness {
    this.#subscriptions.of(socket, message.feed)?.standing.slow(message)
    return undefined
  }

  #acknowledged(socket: number, { positions }: Acknowledged): Completeness {
    for (const [wire, position] of Object.entries(positions)) {
      const subscription = this.#subscriptions.known(socket, wire)
      if (subscription) subscription.acknowledgement.kept = position
    }
    return undefined
  }

  #refused(socket: number, { id: wire, code, detail, action, temporary }: ErrorMessage, now: number): Completeness {
    const asked = this.#subscriptions.answered(socket, wire)
    const subscription = asked ?? this.#subscriptions.known(socket, wire)
    const refusal = { code, detail, action, temporary }
    // A message about a subscription under way that is not as it should be does not end that.
    if (subscription === undefined || (asked === undefined && code === 'invalid_request')) {
      this.#tell({ type: 'warning', refusal })
      return undefined
    }
    const { id } = subscription.request
    this.#tell({ type: 'refused', id, refusal })
    if (!temporary) this.#subscriptions.forget(id)
    else if (asked || subscription.isBeginning) {
      subscription.postpone(now + this.#options.wait(subscription.refusals + 1))
    }
    return undefined
  }

  /** A feed name is one subscription's: another that still has it missed that it has a new one, and is asked for again. */
  #release(socket: number, feed: string, owner: Subscription, now: number): void {
    for (const other of this.#subscriptions.on(socket)) {
      if (other !== owner && other.active?.feed === feed) this.#askAgain(socket, other, now)
    }
  }

  #askAgain(socket: number, subscription: Subscription, now: number): Completeness {
    // A successor was asked from this position or before: its answer brings what is missing.
    if (subscription.pending !== undefined) return 'asked_again'
    subscription.stalled += 1
    if (subscription.stalled > MOST_QUESTIONS) return 'hopeless'
    this.#options.counters.recoveries += 1
    this.#subscriptions.ask(socket, subscription, now)
    return 'asked_again'
  }

  #deliver({ request: { id, channel } }: Subscription, { epoch, offset, event, at, change }: EventMessage): void {
    this.#options.counters.delivered += 1
    this.#tell({ type: 'deliver', id, channel, event, position: { epoch, offset }, at, change })
  }

  #tellGap(socket: number, subscription: Subscription, gap: MissedEvents, now: number): Completeness {
    this.#options.counters.gaps += 1
    this.#tell({ type: 'gap', id: subscription.request.id, gap })
    if (subscription.request.from !== 'snapshot') {
      subscription.stalled = 0
      return undefined
    }
    subscription.stalled += 1
    if (subscription.stalled <= MOST_QUESTIONS) return this.#beginAgain(socket, subscription, now)
    // The next socket is asked for a snapshot too, instead of for what follows the gap.
    subscription.restart()
    return 'hopeless'
  }

  /** What began with a snapshot is made whole by another: after a gap, and when its filter was edited. */
  #beginAgain(socket: number, subscription: Subscription, now: number): Completeness {
    subscription.restart()
    this.#subscriptions.ask(subscription.pending?.socket ?? socket, subscription, now)
    return 'asked_again'
  }

  #tellPosition({ request, position }: Subscription): void {
    if (position) this.#tell({ type: 'position', id: request.id, position })
  }

  #tell(effect: SessionEffect): void {
    this.#options.emit(effect)
  }
}
