/** One bit a slot: 32 slots a word, the lowest bit first. */
export class SlotBits {
  #words: Uint32Array

  constructor(capacity = 0) {
    this.#words = new Uint32Array(wordsFor(capacity))
  }

  /** Makes room for slots below `capacity`; what is set stays set. */
  grow(capacity: number): void {
    const needed = wordsFor(capacity)
    if (needed <= this.#words.length) return
    const words = new Uint32Array(Math.max(needed, 2 * this.#words.length))
    words.set(this.#words)
    this.#words = words
  }

  has(slot: number): boolean {
    return ((word(this.#words, slot >>> 5) >>> (slot & 31)) & 1) === 1
  }

  set(slot: number): void {
    const at = slot >>> 5
    this.#words[at] = word(this.#words, at) | (1 << (slot & 31))
  }

  clear(slot: number): void {
    const at = slot >>> 5
    this.#words[at] = word(this.#words, at) & ~(1 << (slot & 31))
  }

  clearAll(): void {
    this.#words.fill(0)
  }

  count(): number {
    let count = 0
    for (let at = 0; at < this.#words.length; at++) count += bitCount(word(this.#words, at))
    return count
  }

  /** Adds every slot of the other. */
  add(other: SlotBits): void {
    const count = Math.min(this.#words.length, other.#words.length)
    for (let at = 0; at < count; at++) this.#words[at] = word(this.#words, at) | word(other.#words, at)
  }

  /** Keeps only slots of the other, and says how many are left. */
  keep(other: SlotBits): number {
    let left = 0
    for (let at = 0; at < this.#words.length; at++) {
      const kept = word(this.#words, at) & word(other.#words, at)
      this.#words[at] = kept
      left += bitCount(kept)
    }
    return left
  }

  /** Calls with each slot, lowest first, for as long as it says true. */
  each(visit: (slot: number) => boolean): void {
    for (let at = 0; at < this.#words.length; at++) {
      for (let rest = word(this.#words, at); rest !== 0; rest &= rest - 1) {
        if (!visit((at << 5) + 31 - Math.clz32(rest & -rest))) return
      }
    }
  }
}

const wordsFor = (capacity: number): number => (capacity + 31) >>> 5

/** Beyond the end nothing is set. */
const word = (words: Uint32Array, at: number): number => words[at] ?? 0

function bitCount(bits: number): number {
  let count = bits - ((bits >>> 1) & 0x55555555)
  count = (count & 0x33333333) + ((count >>> 2) & 0x33333333)
  return Math.imul((count + (count >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}
