import type { Pattern } from '@tickstock/contracts'
import { accepts } from '../accepts.ts'
import type { PatternSelection } from '../selection.ts'

/** Changes kept. Going through more of them costs more than a scan. */
const KEPT = 64

/** What became of the patterns that changed last: so that an answer is known to hold although something changed. */
export class RecentChanges {
  /** Before and after each change, in turn; undefined where there was nothing. */
  readonly #states: (Pattern | undefined)[] = new Array(2 * KEPT)
  #count = 0
  /** Nothing is known of changes before this one. */
  #from = 0

  /** Changes so far. */
  get count(): number {
    return this.#count
  }

  note(before: Pattern | undefined, after: Pattern | undefined): void {
    const at = 2 * (this.#count % KEPT)
    this.#states[at] = before
    this.#states[at + 1] = after
    this.#count++
  }

  /** Everything may have changed. */
  noteAll(): void {
    this.#from = ++this.#count
  }

  /**
   * Whether anything that a selection accepts, or accepted, changed after so many changes; true also where that is not known any more.
   *
   * @param sectorOf of a symbol, lower case
   */
  touched(selection: PatternSelection, since: number, sectorOf: (symbol: string) => string | undefined): boolean {
    if (since < this.#from || this.#count - since > KEPT) return true
    for (let change = since; change < this.#count; change++) {
      const at = 2 * (change % KEPT)
      const before = this.#states[at]
      const after = this.#states[at + 1]
      if (before && accepts(selection, before, sectorOf)) return true
      if (after && accepts(selection, after, sectorOf)) return true
    }
    return false
  }
}
