/** A connection with a seat. */
export interface Seated {
  /** Must show soon that it lives, or end. */
  challenge(): void
}

/** The connections of each user, of which there may be so many. */
export class Seats {
  readonly #most: number
  readonly #byUser = new Map<string, Set<Seated>>()

  constructor(most: number) {
    this.#most = most
  }

  /** @returns whether there was a seat left; if so, the connection has it */
  take(user: string, connection: Seated): boolean {
    const seated = this.#byUser.get(user) ?? new Set<Seated>()
    if (seated.size >= this.#most) return false
    this.#byUser.set(user, seated.add(connection))
    return true
  }

  give(user: string, connection: Seated): void {
    const seated = this.#byUser.get(user)
    seated?.delete(connection)
    if (seated?.size === 0) this.#byUser.delete(user)
  }

  /** Another connection of the user waits for a seat: those that are half-open make room. */
  challenge(user: string): void {
    for (const connection of this.#byUser.get(user) ?? []) connection.challenge()
  }
}
