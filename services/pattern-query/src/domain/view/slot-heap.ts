/** Slots in order of a number: the least is at hand, any can be moved or taken out in O(log n). */
export class SlotHeap {
  readonly #heap: number[] = []
  readonly #keys = new Map<number, number>()
  readonly #places = new Map<number, number>()

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
    this.#keys.set(slot, key)
    const place = this.#places.get(slot) ?? this.#heap.push(slot) - 1
    this.#places.set(slot, place)
    this.#down(this.#up(place))
  }

  delete(slot: number): void {
    const place = this.#places.get(slot)
    if (place === undefined) return
    const last = this.#heap.pop()
    this.#places.delete(slot)
    this.#keys.delete(slot)
    if (last === undefined || last === slot) return
    this.#put(last, place)
    this.#down(this.#up(place))
  }

  #up(place: number): number {
    const slot = this.#slot(place)
    while (place > 0) {
      const parent = (place - 1) >>> 1
      if (this.#key(this.#slot(parent)) <= this.#key(slot)) break
      this.#put(this.#slot(parent), place)
      place = parent
    }
    this.#put(slot, place)
    return place
  }

  #down(place: number): void {
    const slot = this.#slot(place)
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
    this.#places.set(slot, place)
  }

  #slot = (place: number): number => this.#heap[place] ?? -1
  #key = (slot: number): number => this.#keys.get(slot) ?? Number.POSITIVE_INFINITY
}
