/** Items that wait, of many owners who take turns: one with a thousand items waits as long as one with one. */
export class Turns<Owner, Item> {
  /** In order of turn; none is empty. */
  readonly #waiting = new Map<Owner, Item[]>()

  push(owner: Owner, item: Item): void {
    const items = this.#waiting.get(owner)
    if (items === undefined) this.#waiting.set(owner, [item])
    else items.push(item)
  }

  /** The oldest item of the owner whose turn it is; he then comes last. */
  next(): Item | undefined {
    for (const [owner, items] of this.#waiting) {
      this.#waiting.delete(owner)
      const item = items.shift()
      if (items.length > 0) this.#waiting.set(owner, items)
      return item
    }
    return undefined
  }
}
