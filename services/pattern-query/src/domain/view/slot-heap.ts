/** Slots in order of a number: the least is at hand, any can be moved or taken out in O(log n). */
export class SlotHeap {
  readonly #heap: number[] = []
  /** By slot. */
  readonly #keys: number[] = []
  /** By slot: one more than where it stands in the heap, 0 for a slot that is not in it. */
  readonly #places: number[] = []

  get size(): number {
    return this.#heap.length
  }

  /** The slot with the least key. */
  peek(): { readonly slot: number; readonly key: number } | undefined {
    const slot = this.#heap[0]
    return slot === undefined ? undefined : { slot, key: this.#key(slot) }
  }

  /** Puts a slot in, or moves it. */
  set(slot: number, key: number): void {
    // Without holes: arrays with holes are slow.
    while (this.#keys.length <= slot) {
      this.#keys.push(0)
      this.#places.push(0)
    }
    this.#keys[slot] = key
    const place = (this.#places[slot] || this.#heap.push(slot)) - 1
    this.#down(this.#up(place))
  }

  delete(slot: number): void {
    const place = (this.#places[slot] ?? 0) - 1
    if (place < 0) return
    const last = this.#heap.pop()
    this.#places[slot] = 0
    if (last === undefined || last === slot) return
    this.#put(last, place)
    this.#down(this.#up(place))
  }

  #up(from: number): number {
    const slot = this.#slot(from)
    let place = from
    while (place > 0) {
      const parent = (place - 1) >>> 1
      if (this.#key(this.#slot(parent)) <= this.#key(slot)) break
      this.#put(this.#slot(parent), place)
      place = parent
    }
    this.#put(slot, place)
    return place
  }

  #down(from: number): void {
    const slot = this.#slot(from)
    let place = from
    for (;;) {
      let child = 2 * place + 1
      if (child >= this.#heap.length) break
      if (child + 1 < this.#heap.length && this.#key(this.#slot(child + 1)) < this.#key(this.#slot(child))) child++
      if (this.#key(slot) <= this.#key(this.#slot(child))) break
      this.#put(this.#slot(child), place)
      place = child
    }
    this.#put(slot, place)
  }

  #put(slot: number, place: number) {
    this.#heap[place] = slot
    this.#places[slot] = place + 1
  }

  #slot(place: number): number {
    return this.#heap[place] ?? -1
  }

  #key(slot: number): number {
    return this.#keys[slot] ?? Number.POSITIVE_INFINITY
  }
}
