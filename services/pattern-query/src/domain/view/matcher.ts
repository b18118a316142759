import { type NumberRange, RANGE_NAMES, type RangeName } from '@tickstock/contracts'
import type { PatternSelection } from '../selection.ts'
import type { Columns } from './columns.ts'
import type { NameIndexes } from './name-indexes.ts'
import type { Orders } from './orders.ts'
import { SlotBits } from './slot-bits.ts'
import type { SlotSet } from './slot-set.ts'
import type { SortedOrder } from './sorted-order.ts'

/** Which patterns match: all, the ranks of one order, a few slots, or a set of them. Valid until the next search. */
export type Matches =
  | { readonly kind: 'all'; readonly total: number }
  | {
      readonly kind: 'ranks'
      readonly order: RangeName
      readonly first: number
      readonly end: number
      readonly total: number
    }
  | { readonly kind: 'few'; readonly slots: readonly number[]; readonly total: number }
  | { readonly kind: 'slots'; readonly slots: SlotBits; readonly total: number }

/** A range that leaves something out: where it stands in its order, and the column to test a slot by. */
interface Bound extends NumberRange {
  readonly column: RangeName
  readonly values: Float64Array
  readonly order: SortedOrder
  readonly first: number
  readonly end: number
}

/** Names of one kind that a selection restricts: a match is in one of the sets. */
interface Group {
  readonly sets: readonly SlotSet[]
  readonly size: number
}

const NONE: Matches = { kind: 'all', total: 0 }

/** So many slots are gone through one by one; beyond, words of 32 slots are faster. */
const FEW = 256

/**
 * Finds what matches without looking at what does not. Where a name or a range has few slots, those are gone through and held against the
 * rest. Otherwise names and thresholds are sets of bits: intersected 32 slots at a time, put right at the edges of the ranges, and counted.
 */
export class Matcher {
  readonly #columns: Columns
  readonly #names: NameIndexes
  readonly #orders: Orders
  readonly #group = new SlotBits()
  readonly #found = new SlotBits()

  constructor(columns: Columns, names: NameIndexes, orders: Orders) {
    this.#columns = columns
    this.#names = names
    this.#orders = orders
  }

  find(selection: PatternSelection): Matches {
    const groups = this.#names.wanted(selection).map(groupOf)
    if (groups.some(({ size }) => size === 0)) return NONE
    const bounds = this.#bounds(selection)
    if (bounds.some(({ first, end }) => first >= end)) return NONE

    const [group, ...otherGroups] = groups.sort((one, other) => one.size - other.size)
    const [bound, ...otherBounds] = bounds
    if (!group && !bound) return { kind: 'all', total: this.#columns.size }
    if (!group && bound && otherBounds.length === 0 && bound.column === selection.sortBy) {
      const { column: order, first, end } = bound
      return { kind: 'ranks', order, first, end, total: end - first }
    }
    if (group && group.size <= FEW && (!bound || group.size <= spanOf(bound))) {
      const slots: number[] = []
      const take = (slot: number) => {
        if (isIn(otherGroups, slot) && within(bounds, slot)) slots.push(slot)
      }
      for (const set of group.sets) set.each(take)
      return few(slots)
    }
    if (bound && spanOf(bound) <= FEW) {
      const slots: number[] = []
      for (let rank = bound.first; rank < bound.end; rank++) slots.push(bound.order.slotAt(rank))
      return few(slots.filter(slot => isIn(groups, slot) && within(otherBounds, slot)))
    }
    return this.#byBits(groups, bounds)
  }

  #bounds({ ranges }: PatternSelection): Bound[] {
    const bounds: Bound[] = []
    for (const column of RANGE_NAMES) {
      const range = ranges[column]
      if (!range) continue
      const order = this.#orders.by(column)
      const { first, end } = order.within(range)
      const { min, max } = range
      if (end - first < this.#columns.size) {
        bounds.push({ column, min, max, first, end, order, values: this.#columns.numbers(column) })
      }
    }
    return bounds.sort((one, other) => spanOf(one) - spanOf(other))
  }

  #byBits(groups: readonly Group[], bounds: readonly Bound[]): Matches {
    const [group, ...otherGroups] = groups
    const onlySet = group?.sets.length === 1 ? group.sets[0] : undefined
    if (group && onlySet?.bits && otherGroups.length === 0 && bounds.length === 0) {
      return { kind: 'slots', slots: onlySet.bits, total: group.size }
    }
    const found = this.#found
    found.grow(this.#columns.capacity)
    this.#assign(group)
    for (const other of otherGroups) found.keep(this.#bitsOf(other))
    for (const bound of bounds) this.#keepWithin(bound)
    return { kind: 'slots', slots: found, total: found.count() }
  }

  #assign(group: Group | undefined) {
    const found = this.#found
    const [only, ...others] = group?.sets ?? []
    if (!only) found.assign(this.#columns.live)
    else if (only.bits) found.assign(only.bits)
    else {
      found.clearAll()
      only.addTo(found)
    }
    for (const set of others) set.addTo(found)
  }

  #bitsOf({ sets }: Group): SlotBits {
    const only = sets.length === 1 ? sets[0]?.bits : undefined
    if (only) return only
    this.#group.grow(this.#columns.capacity)
    this.#group.clearAll()
    for (const set of sets) set.addTo(this.#group)
    return this.#group
  }

  /** Takes the bits of the nearest thresholds, and then out what lies between those and the range. */
  #keepWithin({ column, min, max, order, values, first, end }: Bound) {
    const found = this.#found
    const thresholds = this.#orders.thresholds(column)
    const from = thresholds.atMost(min)
    found.keep(from.bits)
    for (let rank = first - 1; rank >= 0; rank--) {
      const slot = order.slotAt(rank)
      if ((values[slot] ?? Number.NaN) < from.threshold) break
      found.clear(slot)
    }
    const beyond = max === Number.POSITIVE_INFINITY ? undefined : thresholds.above(max)
    if (beyond) found.takeOut(beyond.bits)
    const edge = beyond?.threshold ?? Number.POSITIVE_INFINITY
    for (let rank = end; rank < order.known; rank++) {
      const slot = order.slotAt(rank)
      if ((values[slot] ?? Number.NaN) >= edge) break
      found.clear(slot)
    }
  }
}

function groupOf(sets: readonly SlotSet[]): Group {
  let size = 0
  for (const set of sets) size += set.size
  return { sets, size }
}

const spanOf = ({ first, end }: Bound): number => end - first

const few = (slots: readonly number[]): Matches => ({ kind: 'few', slots, total: slots.length })

function isIn(groups: readonly Group[], slot: number): boolean {
  for (const { sets } of groups) if (!hasSlot(sets, slot)) return false
  return true
}

function hasSlot(sets: readonly SlotSet[], slot: number): boolean {
  for (const set of sets) if (set.has(slot)) return true
  return false
}

function within(bounds: readonly Bound[], slot: number): boolean {
  for (const { values, min, max } of bounds) {
    const value = values[slot] ?? Number.NaN
    // Not `value < min`: what is not known compares false, and does not match.
    if (!(value >= min && value <= max)) return false
  }
  return true
}
