import type { Selection } from './selections.ts'

/** Clocks of two processes may differ by so much, ms. */
const CLOCKS = 50

/**
 * Which versions of its list a subscription can use where it is. It never goes back to an older one. What comes, and what does not, rules
 * versions out; where the subscription may change, newer ones are possible again.
 */
export class VersionsInForce {
  #selections: readonly Selection[]
  readonly #isExact: boolean
  /** Indexes, ascending; one at least. */
  #possible: readonly number[]

  /** @param isExact it changes only where {@link change} is called; else anywhere */
  constructor(selections: readonly Selection[], isExact: boolean) {
    this.#selections = selections
    this.#isExact = isExact
    this.#possible = this.#between(0, Number.POSITIVE_INFINITY)
  }

  /** More versions than before are known. */
  learn(selections: readonly Selection[]): void {
    this.#selections = selections
  }

  get possible(): readonly Selection[] {
    return this.#possible.flatMap(index => this.#selections[index] ?? [])
  }

  /** The oldest that is possible. */
  get oldest(): number {
    return this.#possible[0] ?? 0
  }

  get hasNewest(): boolean {
    return this.#possible.includes(this.#selections.length - 1)
  }

  /** Versions that were in force before, and cannot be any more. */
  get past(): readonly Selection[] {
    return this.#selections.slice(0, this.oldest)
  }

  /** Another version may come into force. @param by ms: an edit that was asked for later is not known yet */
  change(by: number): void {
    this.#possible = this.#between(this.oldest, by)
  }

  /** As {@link change}, wherever the subscription is, unless every change is known. */
  drift(by: number): void {
    if (!this.#isExact) this.change(by)
  }

  /** The list was looked up after this time, ms. @returns whether a version is left that was current then */
  since(time: number): boolean {
    const current = this.#selections.findLastIndex(({ answeredAt }) => answeredAt + CLOCKS < time)
    const left = this.#possible.filter(index => index >= current)
    if (left.length > 0) this.#possible = left
    return left.length > 0
  }

  /** Leaves those that fit. @returns false where none does: then all stay possible */
  keep(fits: (selection: Selection) => boolean): boolean {
    const left = this.#possible.filter(index => {
      const selection = this.#selections[index]
      return selection !== undefined && fits(selection)
    })
    if (left.length > 0) this.#possible = left
    return left.length > 0
  }

  /**
   * Nothing came between two offsets.
   *
   * @param next the first offset after another one that a selection lets through; undefined: none before the end
   * @returns offsets that should have come, whatever version was in force
   */
  silent(after: number, next: (selection: Selection, after: number) => number | undefined): number[] {
    if (this.#isExact) {
      return this.keep(selection => next(selection, after) === undefined) ? [] : this.#fewest(after, next)
    }
    const missing: number[] = []
    // The version goes up only where the one before must have let an event through.
    for (let at = after, index = this.oldest; ; ) {
      const selection = this.#selections[index]
      const offset = selection && next(selection, at)
      if (offset === undefined) {
        this.#possible = this.#possible.filter(one => one >= index)
        return missing
      }
      const newer = this.#possible.find(one => one > index && !this.#lets(one, offset, next))
      if (newer === undefined) missing.push(offset)
      index = newer ?? index
      at = offset
    }
  }

  #lets(index: number, offset: number, next: (selection: Selection, after: number) => number | undefined): boolean {
    const selection = this.#selections[index]
    return selection !== undefined && next(selection, offset - 1) === offset
  }

  #fewest(after: number, next: (selection: Selection, after: number) => number | undefined): number[] {
    const all = this.possible.map(selection => {
      const offsets: number[] = []
      for (let at = next(selection, after); at !== undefined; at = next(selection, at)) offsets.push(at)
      return offsets
    })
    return all.reduce((fewest, offsets) => (offsets.length < fewest.length ? offsets : fewest))
  }

  #between(oldest: number, by: number): number[] {
    const indexes = [oldest]
    // Edits are asked for in the order of the versions.
    for (let index = oldest + 1; index < this.#selections.length; index++) {
      if ((this.#selections[index]?.askedAt ?? 0) > by + CLOCKS) break
      indexes.push(index)
    }
    return indexes
  }
}
