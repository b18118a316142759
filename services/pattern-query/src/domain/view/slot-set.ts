import { SlotBits } from './slot-bits.ts'

/** From here on bits are smaller and faster than a hash set; below it a set of a rare name costs next to nothing. */
const DENSE_FROM = 256

/** The slots that share a name: a symbol, a pattern type, a timeframe, a channel. Rare ones are a hash set, common ones bits. */
export class SlotSet {
  readonly #sparse = new Set<number>()
  #dense: SlotBits | undefined
  #size = 0

  get size(): number {
    return this.#size
  }

  /** @param slot must not be in the set */
  add(slot: number): void {
    this.#size++
    if (this.#dense) {
      this.#dense.grow(slot + 1)
      this.#dense.set(slot)
      return
    }
    this.#sparse.add(slot)
    if (this.#sparse.size > DENSE_FROM) this.#becomeDense()
  }

  /** @param slot must be in the set */
  delete(slot: number): void {
    this.#size--
    this.#dense?.clear(slot)
    this.#sparse.delete(slot)
  }

  /** The slots as bits, where there are many. Not to be written. */
  get bits(): SlotBits | undefined {
    return this.#dense
  }

  has(slot: number): boolean {
    return this.#dense ? this.#dense.has(slot) : this.#sparse.has(slot)
  }

  addTo(bits: SlotBits): void {
    if (this.#dense) bits.add(this.#dense)
    else for (const slot of this.#sparse) bits.set(slot)
  }

  each(visit: (slot: number) => void): void {
    if (this.#dense) {
      this.#dense.each(slot => {
        visit(slot)
        return true
      })
    } else this.#sparse.forEach(visit)
  }

  values(): number[] {
    const slots: number[] = []
    this.each(slot => slots.push(slot))
    return slots
  }

  #becomeDense() {
    const dense = new SlotBits(Math.max(...this.#sparse) + 1)
    for (const slot of this.#sparse) dense.set(slot)
    this.#sparse.clear()
    this.#dense = dense
  }
}

/** Slots by name. A name without slots is forgotten, so what producers invent does not pile up. */
export class SlotIndex {
  readonly #sets = new Map<string, SlotSet>()

  get(name: string): SlotSet | undefined {
    return this.#sets.get(name)
  }

  each(visit: (name: string, set: SlotSet) => void): void {
    for (const [name, set] of this.#sets) visit(name, set)
  }

  add(name: string, slot: number): void {
    let set = this.#sets.get(name)
    if (!set) {
      set = new SlotSet()
      this.#sets.set(name, set)
    }
    set.add(slot)
  }

  delete(name: string, slot: number): void {
    const set = this.#sets.get(name)
    set?.delete(slot)
    if (set?.size === 0) this.#sets.delete(name)
  }
}
