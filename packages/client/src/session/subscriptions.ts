import type { ClientMessage } from '@tickstock/contracts'
import type { SessionEffect } from './effect.ts'
import type { SubscriptionRequest } from './input.ts'
import { PacedMessages } from './paced-messages.ts'
import { Subscription } from './subscription.ts'

export interface SubscriptionsOptions {
  readonly emit: (effect: SessionEffect) => void
  readonly answerWithinMs: number
  readonly window: number
}

/** The subscriptions of a session, and how they are asked for. */
export class Subscriptions {
  readonly #options: SubscriptionsOptions
  readonly #all = new Map<string, Subscription>()
  readonly #paced = new PacedMessages((socket, message) => this.send(socket, message))

  constructor(options: SubscriptionsOptions) {
    this.#options = options
  }

  get isEmpty(): boolean {
    return this.#all.size === 0
  }

  /** When the first of them needs a `tick`, ms. */
  get wakeAt(): number {
    let first = this.#paced.wakeAt
    for (const { pending, retryAt } of this) first = Math.min(first, pending?.until ?? first, retryAt ?? first)
    return first
  }

  [Symbol.iterator](): Iterator<Subscription> {
    return this.#all.values()
  }

  get(id: string): Subscription | undefined {
    return this.#all.get(id)
  }

  add(request: SubscriptionRequest): Subscription {
    const subscription = new Subscription(request, this.#options.window)
    this.#all.set(request.id, subscription)
    return subscription
  }

  /** Takes it from the server too. */
  remove(id: string, now: number): void {
    for (const [socket, wire] of this.#all.get(id)?.wires ?? []) this.#unsubscribe(socket, wire, now)
    this.#all.delete(id)
  }

  /** Sends what had to wait and may go now. */
  run(now: number): void {
    this.#paced.run(now)
  }

  /** The server has ended it. */
  forget(id: string): void {
    this.#all.delete(id)
  }

  /** A socket that is ready has heard nothing of any of them yet. */
  askAll(socket: number, now: number): void {
    for (const subscription of this) {
      subscription.stalled = 0
      this.ask(socket, subscription, now)
    }
  }

  ask(socket: number, subscription: Subscription, now: number): void {
    const replaced = subscription.wires.get(socket)
    if (replaced !== undefined) this.#unsubscribe(socket, replaced, now)
    const message = subscription.ask(socket)
    const wait = this.#paced.add(socket, message, now)
    subscription.awaitUntil(now + wait + this.#options.answerWithinMs)
  }

  /** Asks for those that have no feed and none under way: their successor died before it had taken over. */
  askLost(socket: number, now: number): void {
    for (const subscription of this) {
      const { active, pending, retryAt } = subscription
      if ((active ?? pending ?? retryAt) === undefined) this.ask(socket, subscription, now)
    }
  }

  /** Asks for those whose refusal was temporary, when their time has come. */
  askRefused(socket: number, now: number): void {
    for (const subscription of this) {
      const { retryAt, active } = subscription
      if (retryAt === undefined || retryAt > now) continue
      // The successor that had refused it is gone, and it still has its feed here.
      if (active?.socket === socket) subscription.retryAt = undefined
      else this.ask(socket, subscription, now)
    }
  }

  leave(socket: number): void {
    this.#paced.forget(socket)
    for (const subscription of this) subscription.leave(socket)
  }

  /** Whether none has its feed on another socket, or waits for it here, so that the other can be left. */
  areOn(socket: number): boolean {
    return [...this].every(({ active, retryAt }) =>
      active === undefined ? retryAt !== undefined : active.socket === socket
    )
  }

  areOverdue(socket: number, now: number): boolean {
    return [...this].some(({ pending }) => pending?.socket === socket && pending.until <= now)
  }

  /** The one whose last question this is the answer to. */
  answered(socket: number, wire: string | undefined): Subscription | undefined {
    return [...this].find(({ pending }) => pending?.socket === socket && pending.wire === wire)
  }

  /** The one that the server knows by this name now. */
  known(socket: number, wire: string | undefined): Subscription | undefined {
    return [...this].find(({ active, wires }) => active?.socket === socket && wires.get(socket) === wire)
  }

  /** Those that have a feed on a socket. */
  on(socket: number): Subscription[] {
    return [...this].filter(({ active }) => active?.socket === socket)
  }

  /** The one that has this feed: a feed name is one subscription's on a socket. */
  of(socket: number, feed: string): Subscription | undefined {
    for (const subscription of this) {
      const { active } = subscription
      if (active?.socket === socket && active.feed === feed) return subscription
    }
    return undefined
  }

  send(socket: number, message: ClientMessage): void {
    this.#options.emit({ type: 'send', socket, message })
  }

  #unsubscribe(socket: number, id: string, now: number): void {
    if (!this.#paced.takeBack(socket, id)) this.#paced.add(socket, { type: 'unsubscribe', id }, now)
  }
}
