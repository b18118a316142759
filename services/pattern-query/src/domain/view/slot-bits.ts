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
    const words = this.#words
    let count = 0
    for (let at = 0; at < words.length; at++) {
      const bits = word(words, at)
      if (bits !== 0) count += bitCount(bits)
    }
    return count
  }

  /** Adds every slot of the other. */
  add(other: SlotBits): void {
    const words = this.#words
    const added = other.#words
    const count = Math.min(words.length, added.length)
    for (let at = 0; at < count; at++) words[at] = word(words, at) | word(added, at)
  }

  /** Keeps only slots of the other. */
  keep(other: SlotBits): void {
    const words = this.#words
    const kept = other.#words
    const count = Math.min(words.length, kept.length)
    for (let at = 0; at < count; at++) words[at] = word(words, at) & word(kept, at)
    words.fill(0, count)
  }

  /** Takes every slot of the other out. */
  takeOut(other: SlotBits): void {
    const words = this.#words
    const taken = other.#words
    const count = Math.min(words.length, taken.length)
    for (let at = 0; at < count; at++) words[at] = word(words, at) & ~word(taken, at)
  }

  /** Calls with each slot, lowest first, for as long as it says true. */
  each(visit: (slot: number) => boolean): void {
    const words = this.#words
    for (let at = 0; at < words.length; at++) {
      for (let rest = word(words, at); rest !== 0; rest &= rest - 1) {
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
