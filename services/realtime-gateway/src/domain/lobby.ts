/** Whoever waits in a lobby. */
export interface Guest {
  /** Has said nothing at all so far. */
  readonly isSilent: boolean
  /** Makes it go, and leave. */
  turnOut(): void
}

export interface LobbyLimits {
  /** So many at once. */
  readonly total: number
  /** Of one address. */
  readonly perAddress: number
}

/** Who is silent for longer may have to go for those who come, ms. A client says who it is as soon as its socket is open. */
const SILENCE = 1_000

interface Stay {
  readonly address: string
  readonly since: number
}

/**
 * Sockets that have not yet said who they are, so many at once: a crowd that comes back is let in by turns. It cannot be held full by those who say nothing: the longest
 * silent one makes room for the next to come.
 */
export class Lobby<One extends Guest> {
  readonly #limits: LobbyLimits
  /** Both in the order in which they came. */
  readonly #stays = new Map<One, Stay>()
  readonly #byAddress = new Map<string, Set<One>>()

  constructor(limits: LobbyLimits) {
    this.#limits = limits
  }

  get size(): number {
    return this.#stays.size
  }

  /** Whether one more may come. */
  hasRoom(now: number): boolean {
    return this.size < this.#limits.total || this.#turnOut(this.#stays.keys(), now)
  }

  /** Whether one more may come from there. */
  hasRoomFor(address: string, now: number): boolean {
    const others = this.#byAddress.get(address)
    return others === undefined || others.size < this.#limits.perAddress || this.#turnOut(others, now)
  }

  enter(one: One, address: string, now: number): void {
    this.#stays.set(one, { address, since: now })
    this.#byAddress.set(address, (this.#byAddress.get(address) ?? new Set<One>()).add(one))
  }

  leave(one: One): void {
    const stay = this.#stays.get(one)
    if (stay === undefined) return
    this.#stays.delete(one)
    const others = this.#byAddress.get(stay.address)
    others?.delete(one)
    if (others?.size === 0) this.#byAddress.delete(stay.address)
  }

  /** @returns whether there was one to go */
  #turnOut(among: Iterable<One>, now: number): boolean {
    for (const one of among) {
      const { since = now } = this.#stays.get(one) ?? {}
      if (now - since < SILENCE) return false
      if (!one.isSilent) continue
      one.turnOut()
      this.leave(one)
      return true
    }
    return false
  }
}
