import type {
  CaughtUp,
  ClientMessage,
  ErrorMessage,
  EventMessage,
  Gap,
  Heartbeat,
  Position,
  Retargeted,
  Subscribed
} from '@tickstock/contracts'
import type { MissedEvents, SessionEffect } from './effect.ts'
import type { SubscriptionRequest } from './input.ts'
import { Subscription } from './subscription.ts'

/** `hopeless`: the server cannot give what is missing, so its socket is no use. */
export type Completeness = 'complete' | 'asked_again' | 'hopeless'

export interface SubscriptionsOptions {
  readonly emit: (effect: SessionEffect) => void
  /** Milliseconds to wait after so many refusals. */
  readonly wait: (refusals: number) => number
  readonly answerWithinMs: number
}

/** A server that does not give what is missing after so many questions is left for another. */
const MOST_QUESTIONS = 3

/** The subscriptions of a session, and what each message of a server means to them. */
export class Subscriptions {
  readonly counters = { delivered: 0, duplicates: 0, gaps: 0, recoveries: 0 }
  readonly #options: SubscriptionsOptions
  readonly #all = new Map<string, Subscription>()

  constructor(options: SubscriptionsOptions) {
    this.#options = options
  }

  get isEmpty(): boolean {
    return this.#all.size === 0
  }

  /** When the first of them needs a `tick`, ms. */
  get wakeAt(): number {
    const times = [...this.#all.values()].flatMap(({ pending, retryAt }) => [pending?.until, retryAt])
    return Math.min(...times.map(time => time ?? Number.POSITIVE_INFINITY))
  }

  add(request: SubscriptionRequest): Subscription {
    const subscription = new Subscription(request)
    this.#all.set(request.id, subscription)
    return subscription
  }

  remove(id: string): void {
    for (const [socket, wire] of this.#all.get(id)?.wires ?? []) this.#send(socket, { type: 'unsubscribe', id: wire })
    this.#all.delete(id)
  }

  rewind(id: string, to: Position, now: number): void {
    const subscription = this.#all.get(id)
    if (subscription === undefined) return
    subscription.position = to
    const socket = subscription.pending?.socket ?? subscription.active?.socket
    if (socket !== undefined) this.ask(socket, subscription, now)
  }

  /** A socket that is ready has heard nothing of any of them yet. */
  askAll(socket: number, now: number): void {
    for (const subscription of this.#all.values()) {
      subscription.stalled = 0
      this.ask(socket, subscription, now)
    }
  }

  ask(socket: number, subscription: Subscription, now: number): void {
    const { message, replaces } = subscription.ask(socket, now + this.#options.answerWithinMs)
    if (replaces !== undefined) this.#send(socket, { type: 'unsubscribe', id: replaces })
    this.#send(socket, message)
  }

  /** Asks for those that have no feed and none under way: their successor died before it had taken over. */
  askLost(socket: number, now: number): void {
    for (const subscription of this.#all.values()) {
      const { active, pending, retryAt } = subscription
      if ((active ?? pending ?? retryAt) === undefined) this.ask(socket, subscription, now)
    }
  }

  /** Asks for those whose refusal was temporary, when their time has come. */
  askRefused(socket: number, now: number): void {
    for (const subscription of this.#all.values()) {
      if (subscription.retryAt !== undefined && subscription.retryAt <= now) this.ask(socket, subscription, now)
    }
  }

  leave(socket: number): void {
    for (const subscription of this.#all.values()) subscription.leave(socket)
  }

  /** Whether all have their feed on this socket, so that another can be left. */
  areOn(socket: number): boolean {
    return [...this.#all.values()].every(({ active, retryAt }) => active?.socket === socket || retryAt !== undefined)
  }

  areOverdue(socket: number, now: number): boolean {
    return [...this.#all.values()].some(({ pending }) => pending?.socket === socket && pending.until <= now)
  }

  subscribed(socket: number, message: Subscribed): void {
    const subscription = this.#answered(socket, message.id)
    if (subscription === undefined) return
    const gap = subscription.begin(socket, message)
    if (gap) this.#tellGap(subscription, gap)
    else this.#tellPosition(subscription)
  }

  event(socket: number, message: EventMessage, now: number): Completeness {
    let completeness: Completeness = 'complete'
    for (const subscription of this.#on(socket, message.feed)) {
      const verdict = subscription.judge(message)
      if (verdict === 'missing') completeness = this.#askAgain(socket, subscription, now)
      else if (verdict === 'duplicate') this.counters.duplicates += 1
      else this.#deliver(subscription, message)
    }
    return completeness
  }

  heartbeat(socket: number, { feeds }: Heartbeat, now: number): Completeness {
    let completeness: Completeness = 'complete'
    for (const subscription of this.#on(socket)) {
      const { position } = subscription
      const head = feeds[subscription.active?.feed ?? '']
      if (subscription.consider(head) === 'missing') completeness = this.#askAgain(socket, subscription, now)
      else if (subscription.position !== position) this.#tellPosition(subscription)
    }
    return completeness
  }

  gap(socket: number, message: Gap, now: number): Completeness {
    let completeness: Completeness = 'complete'
    for (const subscription of this.#on(socket, message.feed)) {
      const outcome = subscription.skip(message)
      if (outcome === 'missing') completeness = this.#askAgain(socket, subscription, now)
      else if (outcome !== 'known') this.#tellGap(subscription, outcome)
    }
    return completeness
  }

  retargeted(socket: number, message: Retargeted, now: number): Completeness {
    const subscription = this.#known(socket, message.id)
    const outcome = subscription?.retarget(message) ?? 'other'
    if (subscription === undefined || outcome === 'other') return 'complete'
    this.#options.emit({ type: 'retargeted', id: subscription.request.id, position: message.position })
    if (outcome === 'missing') return this.#askAgain(socket, subscription, now)
    return 'complete'
  }

  caughtUp(socket: number, { feed }: CaughtUp): void {
    for (const { request, position } of this.#on(socket, feed)) {
      if (position) this.#options.emit({ type: 'caught_up', id: request.id, position })
    }
  }

  refused(socket: number, { id, code, detail, action, temporary }: ErrorMessage, now: number): void {
    const subscription = this.#answered(socket, id) ?? (temporary ? undefined : this.#known(socket, id))
    this.#options.emit({ type: 'refused', id: subscription?.request.id, refusal: { code, detail, action, temporary } })
    if (subscription === undefined) return
    if (temporary) subscription.postpone(now + this.#options.wait(subscription.refusals + 1))
    else this.#all.delete(subscription.request.id)
  }

  #answered(socket: number, wire: string | undefined): Subscription | undefined {
    return [...this.#all.values()].find(({ pending }) => pending?.socket === socket && pending.wire === wire)
  }

  /** The subscription that the server knows by this name now. */
  #known(socket: number, wire: string | undefined): Subscription | undefined {
    return [...this.#all.values()].find(({ active, wires }) => active?.socket === socket && wires.get(socket) === wire)
  }

  #on(socket: number, feed?: string): Subscription[] {
    const isOn = ({ active }: Subscription) => active?.socket === socket && (feed === undefined || active.feed === feed)
    return [...this.#all.values()].filter(isOn)
  }

  #askAgain(socket: number, subscription: Subscription, now: number): Completeness {
    // A successor was asked from this position or before: its answer brings what is missing.
    if (subscription.pending !== undefined) return 'asked_again'
    subscription.stalled += 1
    if (subscription.stalled > MOST_QUESTIONS) return 'hopeless'
    this.counters.recoveries += 1
    this.ask(socket, subscription, now)
    return 'asked_again'
  }

  #deliver({ request: { id, channel } }: Subscription, { epoch, offset, event }: EventMessage): void {
    this.counters.delivered += 1
    this.#options.emit({ type: 'deliver', id, channel, event, position: { epoch, offset } })
  }

  #tellGap({ request }: Subscription, gap: MissedEvents): void {
    this.counters.gaps += 1
    this.#options.emit({ type: 'gap', id: request.id, gap })
  }

  #tellPosition({ request, position }: Subscription): void {
    if (position) this.#options.emit({ type: 'position', id: request.id, position })
  }

  #send(socket: number, message: ClientMessage): void {
    this.#options.emit({ type: 'send', socket, message })
  }
}
