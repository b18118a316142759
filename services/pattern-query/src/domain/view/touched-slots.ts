/** Slots, each once, in the order in which they came: a Set of numbers that costs a tenth of one where all of them come, as when a view is built. */
export class TouchedSlots {
  readonly #slots: number[] = []
  #marks = new Uint8Array(1024)

  get size(): number {
    return this.#slots.length
  }

  add(slot: number): void {
    if (slot >= this.#marks.length) this.#grow(slot)
    if (this.#marks[slot] === 1) return
    this.#marks[slot] = 1
    this.#slots.push(slot)
  }

  clear(): void {
    for (const slot of this.#slots) this.#marks[slot] = 0
    this.#slots.length = 0
  }

  [Symbol.iterator](): Iterator<number> {
    return this.#slots[Symbol.iterator]()
  }

  #grow(slot: number) {
    const marks = new Uint8Array(Math.max(slot + 1, 2 * this.#marks.length))
    marks.set(this.#marks)
    this.#marks = marks
  }
}
