import { type NumberRange, type PatternSelection, RANGE_COLUMNS, type RangeColumn } from '../selection.ts'
import type { Columns } from './columns.ts'
import type { NameIndexes } from './name-indexes.ts'
import type { Orders } from './orders.ts'
import { SlotBits } from './slot-bits.ts'

/** Which patterns match: all, the ranks of one order, or a set of slots. Valid until the next search. */
export type Matches =
  | { readonly kind: 'all'; readonly total: number }
  | {
      readonly kind: 'ranks'
      readonly order: RangeColumn
      readonly first: number
      readonly end: number
      readonly total: number
    }
  | { readonly kind: 'slots'; readonly slots: SlotBits; readonly total: number }

/** A range that leaves something out: where it stands in its order, and the column to test a slot by. */
interface Bound extends NumberRange {
  readonly column: RangeColumn
  readonly values: Float64Array
  readonly first: number
  readonly end: number
}

const NONE: Matches = { kind: 'all', total: 0 }

/**
 * Finds what matches without looking at what does not. Names are sets of slots: intersected 32 slots at a time, counted by bits. Of what is left
 * and the ranges of numbers, the smallest is gone through and held against the others.
 */
export class Matcher {
  readonly #columns: Columns
  readonly #names: NameIndexes
  readonly #orders: Orders
  readonly #named = new SlotBits()
  readonly #group = new SlotBits()
  readonly #found = new SlotBits()

  constructor(columns: Columns, names: NameIndexes, orders: Orders) {
    this.#columns = columns
    this.#names = names
    this.#orders = orders
  }

  find(query: PatternSelection): Matches {
    const named = this.#byNames(query)
    const bounds = this.#bounds(query)
    const [only] = bounds
    if (named === 0 || bounds.some(({ first, end }) => first >= end)) return NONE
    if (only === undefined) {
      return named === undefined
        ? { kind: 'all', total: this.#columns.size }
        : { kind: 'slots', slots: this.#named, total: named }
    }
    if (named === undefined && bounds.length === 1) {
      return { kind: 'ranks', order: only.column, first: only.first, end: only.end, total: only.end - only.first }
    }
    return { kind: 'slots', slots: this.#found, total: this.#byNumbers(bounds, named) }
  }

  /** How many match by name, left in `#named`; undefined where the query names none. */
  #byNames(query: PatternSelection): number | undefined {
    const groups = this.#names.wanted(query)
    if (groups.length === 0) return undefined
    const { capacity } = this.#columns
    for (const bits of [this.#named, this.#group]) bits.grow(capacity)
    let left = 0
    for (const [index, sets] of groups.entries()) {
      const bits = index === 0 ? this.#named : this.#group
      bits.clearAll()
      left = 0
      for (const set of sets) {
        set.addTo(bits)
        left += set.size
      }
      if (index > 0) left = this.#named.keep(this.#group)
      if (left === 0) return 0
    }
    return left
  }

  #bounds({ ranges }: PatternSelection): Bound[] {
    const bounds: Bound[] = []
    for (const column of RANGE_COLUMNS) {
      const range = ranges[column]
      if (!range) continue
      const bound = {
        ...range,
        column,
        values: this.#columns.numbers(column),
        ...this.#orders.by(column).within(range)
      }
      if (bound.end - bound.first < this.#columns.size) bounds.push(bound)
    }
    return bounds.sort((one, other) => one.end - one.first - (other.end - other.first))
  }

  /** Of the slots within all bounds, those with the names; left in `#found`. @returns how many */
  #byNumbers(bounds: readonly Bound[], named: number | undefined): number {
    const { size, capacity } = this.#columns
    const least = Math.min(named ?? size, ...bounds.map(({ first, end }) => end - first))
    const outside = bounds.reduce((sum, { first, end }) => sum + size - (end - first), 0)
    this.#found.grow(capacity)
    this.#found.clearAll()
    if (outside < least) return this.#takeOut(bounds, named)
    return least === named ? this.#testNamed(bounds) : this.#testRanks(bounds, named)
  }

  /** Bounds that leave out little: 19,000 of 20,000 that are within four bounds take 20 µs instead of 170. */
  #takeOut(bounds: readonly Bound[], named: number | undefined): number {
    const found = this.#found
    found.add(named === undefined ? this.#columns.live : this.#named)
    for (const { column, first, end } of bounds) {
      const order = this.#orders.by(column)
      for (let rank = 0; rank < first; rank++) found.clear(order.slotAt(rank))
      for (let rank = end; rank < order.size; rank++) found.clear(order.slotAt(rank))
    }
    return found.count()
  }

  #testNamed(bounds: readonly Bound[]): number {
    let total = 0
    this.#named.each(slot => {
      if (within(bounds, slot)) {
        this.#found.set(slot)
        total++
      }
      return true
    })
    return total
  }

  #testRanks([least, ...others]: readonly Bound[], named: number | undefined): number {
    if (!least) return 0
    const order = this.#orders.by(least.column)
    let total = 0
    for (let rank = least.first; rank < least.end; rank++) {
      const slot = order.slotAt(rank)
      if ((named !== undefined && !this.#named.has(slot)) || !within(others, slot)) continue
      this.#found.set(slot)
      total++
    }
    return total
  }
}

function within(bounds: readonly Bound[], slot: number): boolean {
  for (const { values, min, max } of bounds) {
    const value = values[slot] ?? Number.NaN
    // Not `value < min`: what is not known compares false, and does not match.
    if (!(value >= min && value <= max)) return false
  }
  return true
}
