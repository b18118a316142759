import { SlotBits } from './slot-bits.ts'

/** Steps that the values of a column are cut into, about equally full. */
const STEPS = 128

/** Below it a range is found faster in its order. */
const FEWEST = 1_024

/**
 * For some thresholds of a column, the slots whose value is at least that: a range that no one has asked for yet is within 1/128 of one of them, so that
 * it is found by whole words of 32 slots, and by a few slots at its edge. 128 bits a pattern and column, written as the values are.
 */
export class ThresholdBits {
  /** Ascending. The first is below every number: the slots that have a value at all. */
  #thresholds: readonly number[] = [Number.NEGATIVE_INFINITY]
  #bits: SlotBits[] = [new SlotBits()]
  #size = 0
  #cutAt = 0

  /** @param before, after NaN where the slot has no value */
  set(slot: number, before: number, after: number): void {
    this.#size += Number(!Number.isNaN(after)) - Number(!Number.isNaN(before))
    const thresholds = this.#thresholds
    for (let step = 0; step < thresholds.length; step++) {
      const threshold = thresholds[step] ?? 0
      const is = after >= threshold
      if (is === before >= threshold) continue
      const bits = this.#bits[step]
      if (!bits) continue
      bits.grow(slot + 1)
      if (is) bits.set(slot)
      else bits.clear(slot)
    }
  }

  /** Whether the thresholds are those of far fewer or far more values than there are now, so that they are to be cut anew. */
  get isDue(): boolean {
    return this.#size >= FEWEST && (this.#size > 2 * this.#cutAt || this.#size < this.#cutAt / 4)
  }

  /** @param sorted the slots that have a value, in its order */
  cut(sorted: Iterable<number>, values: Float64Array): void {
    const slots = Int32Array.from(sorted)
    const thresholds = [Number.NEGATIVE_INFINITY]
    const bits = [new SlotBits(values.length)]
    for (let step = 1; step < STEPS; step++) {
      const threshold = values[slots[Math.floor((step * slots.length) / STEPS)] ?? 0] ?? Number.NaN
      if (threshold > (thresholds.at(-1) ?? 0)) {
        thresholds.push(threshold)
        bits.push(new SlotBits(values.length))
      }
    }
    let end = slots.length
    for (let step = bits.length - 1; step >= 0; step--) {
      const each = bits[step] ?? new SlotBits()
      const next = bits[step + 1]
      if (next) each.add(next)
      const threshold = thresholds[step] ?? 0
      while (end > 0 && (values[slots[end - 1] ?? 0] ?? Number.NaN) >= threshold) each.set(slots[--end] ?? 0)
    }
    this.#thresholds = thresholds
    this.#bits = bits
    this.#cutAt = slots.length
  }

  /** The greatest threshold that is not above a value, and the slots that reach it. */
  atMost(value: number): { readonly threshold: number; readonly bits: SlotBits } {
    return this.#at(Math.max(0, this.#countUpTo(value) - 1))
  }

  /** The least threshold above a value, and the slots that reach it; undefined where there is none. */
  above(value: number): { readonly threshold: number; readonly bits: SlotBits } | undefined {
    const step = this.#countUpTo(value)
    return step === this.#thresholds.length ? undefined : this.#at(step)
  }

  #countUpTo(value: number): number {
    const thresholds = this.#thresholds
    let low = 0
    let high = thresholds.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((thresholds[middle] ?? 0) <= value) low = middle + 1
      else high = middle
    }
    return low
  }

  #at(step: number) {
    return { threshold: this.#thresholds[step] ?? Number.NEGATIVE_INFINITY, bits: this.#bits[step] ?? new SlotBits() }
  }
}
