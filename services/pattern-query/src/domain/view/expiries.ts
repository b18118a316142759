import { SlotHeap } from './slot-heap.ts'

/**
 * When each pattern is due to expire, and which are too many: the oldest detections beyond the limit are due at once.
 *
 * What is due stays until its expiry comes back from the log, so that every replica and every reader sees the same; it is due again
 * if that does not happen.
 */
export class Expiries {
  readonly #limit: number
  readonly #due = new SlotHeap()
  readonly #oldest = new SlotHeap()
  readonly #attempts = new Map<number, number>()
  #taken: readonly number[] = []
  #evicted = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Patterns that were too many, since the start. */
  get evicted(): number {
    return this.#evicted
  }

  /** When the next pattern is due, ms. */
  get next(): number | undefined {
    return this.#due.peek()?.key
  }

  set(slot: number, expiresAt: number, detectedAt: number): void {
    this.#attempts.delete(slot)
    this.#due.set(slot, expiresAt)
    this.#oldest.set(slot, detectedAt)
    if (this.#oldest.size <= this.#limit) return
    const oldest = this.#oldest.peek()?.slot ?? slot
    this.#oldest.delete(oldest)
    // Its expiry is on its way already.
    if (this.#attempts.has(oldest)) return
    this.#due.set(oldest, 0)
    this.#evicted++
  }

  delete(slot: number): void {
    this.#due.delete(slot)
    this.#oldest.delete(slot)
    this.#attempts.delete(slot)
  }

  /** Slots due at `now`, each with how often it was taken before; they are due again at `again`. */
  take(now: number, again: number, most: number): { readonly slot: number; readonly attempt: number }[] {
    const taken: { slot: number; attempt: number }[] = []
    for (let next = this.#due.peek(); next && next.key <= now && taken.length < most; next = this.#due.peek()) {
      const attempt = this.#attempts.get(next.slot) ?? 0
      this.#attempts.set(next.slot, attempt + 1)
      this.#due.set(next.slot, again)
      taken.push({ slot: next.slot, attempt })
    }
    this.#taken = taken.map(({ slot }) => slot)
    return taken
  }

  /** Those that were taken last, and are what they were, are due again at `again`, and not when it was said then. */
  putOff(again: number): void {
    for (const slot of this.#taken) if (this.#attempts.has(slot)) this.#due.set(slot, again)
    this.#taken = []
  }
}
