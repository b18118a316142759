import { Quota } from './quota.ts'
import type { Session } from './session.ts'

export interface SessionLimits {
  readonly total: number
  readonly perUser: number
  readonly perAddress: number
}

/** All sockets of this instance, and how many each user and address may have. */
export class Sessions implements Iterable<Session> {
  readonly #open = new Map<Session, string>()
  readonly #limits: SessionLimits
  readonly #addresses: Quota
  readonly #users: Quota

  constructor(limits: SessionLimits) {
    this.#limits = limits
    this.#addresses = new Quota(limits.perAddress)
    this.#users = new Quota(limits.perUser)
  }

  get size(): number {
    return this.#open.size
  }

  get subscriptions(): number {
    let sum = 0
    for (const session of this) sum += session.subscriptions
    return sum
  }

  /** Bytes that the slowest clients make this instance hold. */
  get outstanding(): number {
    let sum = 0
    for (const session of this) sum += session.outstanding
    return sum
  }

  [Symbol.iterator](): Iterator<Session> {
    return this.#open.keys()
  }

  /** @returns whether there is room for one more from that address; if so, it is in */
  admit(session: Session, address: string): boolean {
    if (this.#open.size >= this.#limits.total || !this.#addresses.take(address)) return false
    this.#open.set(session, address)
    return true
  }

  /** @returns whether the user may have one more */
  seat(user: string): boolean {
    return this.#users.take(user)
  }

  unseat(user: string): void {
    this.#users.give(user)
  }

  leave(session: Session): void {
    const address = this.#open.get(session)
    if (address === undefined) return
    this.#open.delete(session)
    this.#addresses.give(address)
  }
}
