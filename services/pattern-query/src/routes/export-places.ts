/** Exports that go on at once: each keeps its rows and a share of the processor for as long as its reader takes. */
export const EXPORTS = { atOnce: 4, ofOneUser: 2 } as const

/** Who exports now, and whether there is room for one more. */
export class ExportPlaces {
  readonly #taken = new Map<string, number>()
  #total = 0

  /** @returns how to give the place back, once; undefined where there is none */
  take(user: string): (() => void) | undefined {
    const own = this.#taken.get(user) ?? 0
    if (this.#total >= EXPORTS.atOnce || own >= EXPORTS.ofOneUser) return undefined
    this.#total += 1
    this.#taken.set(user, own + 1)
    return () => this.#leave(user)
  }

  #leave(user: string) {
    this.#total -= 1
    const left = (this.#taken.get(user) ?? 1) - 1
    if (left === 0) this.#taken.delete(user)
    else this.#taken.set(user, left)
  }
}
