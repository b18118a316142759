/** Numbers that a seed decides. Each part of a run takes a stream of its own by name, so that a draw more in one changes nothing in another. */
export class Randomness {
  readonly #seed: string
  #state: number

  constructor(seed: number | string) {
    this.#seed = `${seed}`
    this.#state = hashOf(this.#seed)
  }

  /** A stream of its own, the same for the same name. */
  fork(name: string | number): Randomness {
    return new Randomness(`${this.#seed}/${name}`)
  }

  /** At least 0, below 1 (mulberry32). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** A whole number, both bounds included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1))
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  /** @throws RangeError where there is nothing to pick from */
  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.between(0, items.length - 1)]
    if (item === undefined) throw new RangeError('nothing to pick from')
    return item
  }

  /** Some of them, each once, in no order. */
  sample<Item>(items: readonly Item[], count: number): Item[] {
    const rest = [...items]
    return Array.from({ length: Math.min(count, items.length) }, () =>
      rest.splice(this.between(0, rest.length - 1), 1)
    ).flat()
  }
}

/** FNV-1a, 32 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash
}
