import { Lobby, type LobbyLimits } from './lobby.ts'
import { Quota } from './quota.ts'
import type { Session } from './session.ts'

export interface SessionLimits {
  readonly total: number
  readonly perAddress: number
  /** Of those who have not yet said who they are. */
  readonly unauthenticated: LobbyLimits
}

/** All connections of this instance, and how many each address may have. */
export class Sessions implements Iterable<Session> {
  readonly #open = new Map<Session, string>()
  readonly #limits: SessionLimits
  readonly #addresses: Quota
  readonly #lobby: Lobby<Session>

  constructor(limits: SessionLimits) {
    this.#limits = limits
    this.#addresses = new Quota(limits.perAddress)
    this.#lobby = new Lobby(limits.unauthenticated)
  }

  get size(): number {
    return this.#open.size
  }

  /** Those who have not yet said who they are. */
  get unauthenticated(): number {
    return this.#lobby.size
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

  get isFull(): boolean {
    return this.#open.size >= this.#limits.total
  }

  /** Whether one more may say who it is. */
  hasRoom(now: number): boolean {
    return this.#lobby.hasRoom(now)
  }

  /** Whether one more from that address may say who it is. */
  hasRoomFor(address: string, now: number): boolean {
    return this.#lobby.hasRoomFor(address, now)
  }

  /** @returns whether there is room for one more from that address; if so, it is in */
  admit(session: Session, address: string, now: number): boolean {
    if (this.isFull || !this.#addresses.take(address)) return false
    this.#open.set(session, address)
    this.#lobby.enter(session, address, now)
    return true
  }

  /** It is known who it is. */
  welcome(session: Session): void {
    this.#lobby.leave(session)
  }

  leave(session: Session): void {
    const address = this.#open.get(session)
    if (address === undefined) return
    this.#open.delete(session)
    this.#lobby.leave(session)
    this.#addresses.give(address)
  }
}
