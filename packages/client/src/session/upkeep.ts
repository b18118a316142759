import type { Position } from '@tickstock/contracts'
import type { Connection } from './connection.ts'
import type { SessionEffect } from './effect.ts'
import type { Subscription } from './subscription.ts'
import type { Subscriptions } from './subscriptions.ts'

/** Milliseconds between two acknowledgements; the first after a pause goes at once. */
const ACK_MS = 250
/** Milliseconds between two pulls: with those a session stays far below what a server allows in messages a second. */
const PULL_MS = 50

/** Where the session is, for what its subscriptions say of themselves. */
export interface Circumstances {
  /** There is a socket that is ready. */
  readonly isReady: boolean
  /** A socket, if it is in use. */
  readonly on: (socket: number) => Connection | undefined
}

/** What follows from what the application has applied: acknowledgements, pulls, and how each subscription stands. */
export class Upkeep {
  readonly #subscriptions: Subscriptions
  readonly #emit: (effect: SessionEffect) => void
  #ackAt = 0
  #pullAt = 0

  constructor(subscriptions: Subscriptions, emit: (effect: SessionEffect) => void) {
    this.#subscriptions = subscriptions
    this.#emit = emit
  }

  /** When something is due, ms. */
  get wakeAt(): number {
    let at = Number.POSITIVE_INFINITY
    for (const subscription of this.#subscriptions) {
      if (subscription.unacknowledged) at = Math.min(at, this.#ackAt)
      if (isHungry(subscription)) at = Math.min(at, this.#pullAt)
    }
    return at
  }

  /** Sends what is due. */
  run(now: number): void {
    if (now >= this.#ackAt && this.acknowledge()) this.#ackAt = now + ACK_MS
    if (now >= this.#pullAt && this.#pull()) this.#pullAt = now + PULL_MS
  }

  /** Acknowledges all that was applied. @returns whether there was any */
  acknowledge(): boolean {
    const bySocket = new Map<number, Record<string, Position>>()
    for (const subscription of this.#subscriptions) {
      const { active, wire, unacknowledged: position } = subscription
      if (!(active && wire && position)) continue
      bySocket.set(active.socket, { ...bySocket.get(active.socket), [wire]: position })
      subscription.acknowledgement.said = position
    }
    for (const [socket, positions] of bySocket) this.#subscriptions.send(socket, { type: 'ack', positions })
    return bySocket.size > 0
  }

  /** Tells the status of those where it has changed. */
  tell({ isReady, on }: Circumstances, now: number): void {
    for (const { request, active, pending, unapplied, window, applied, standing } of this.#subscriptions) {
      const connection = isReady && active ? on(active.socket) : undefined
      const serving = connection && {
        time: connection.clock.timeAt(now),
        heartbeatMs: connection.heartbeatMs,
        readAge: connection.readAge
      }
      const isAsked = isReady && pending !== undefined
      const status = standing.news({ serving, isAsked, isHeldUp: unapplied > window / 2, applied }, now)
      if (status) this.#emit({ type: 'status', id: request.id, status })
    }
  }

  /** The one with the most room first; the others' turn comes. */
  #pull(): boolean {
    const [neediest] = [...this.#subscriptions].filter(isHungry).sort((one, other) => other.room - one.room)
    const { active, wire: id, room: credits = 0 } = neediest ?? {}
    if (!(active && id)) return false
    neediest?.allow(credits)
    this.#subscriptions.send(active.socket, { type: 'pull', id, credits })
    return true
  }
}

const isHungry = ({ room, window }: Subscription): boolean => room >= window / 2
