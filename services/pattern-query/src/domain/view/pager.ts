import type { RangeName, ScanSort } from '@tickstock/contracts'
import type { Matches } from './matcher.ts'
import { SlotBits } from './slot-bits.ts'
import type { SortedOrder } from './sorted-order.ts'

export interface PageRequest {
  readonly sortBy: ScanSort
  readonly descending: boolean
  /** Matches before the page. */
  readonly skip: number
  readonly take: number
}

/** Reads one page of what matched, in order, without sorting anything. */
export class Pager {
  readonly #order: (name: ScanSort | RangeName) => SortedOrder
  readonly #places = new SlotBits()

  constructor(order: (name: ScanSort | RangeName) => SortedOrder) {
    this.#order = order
  }

  /** Slots of the page, in order. */
  page(matches: Matches, { sortBy, descending, skip, take }: PageRequest): number[] {
    const order = this.#order(sortBy)
    const count = Math.min(take, matches.total - skip)
    if (count <= 0) return []
    const place = placing(order, descending)
    if (matches.kind === 'all') return slice(skip, count, at => order.slotAt(place(at)))
    if (matches.kind === 'ranks' && matches.order === sortBy) {
      const { first, end } = matches
      return slice(skip, count, at => order.slotAt(descending ? end - 1 - at : first + at))
    }
    if (matches.kind === 'few') return few(order, place, matches.slots, skip, count)
    const slots = matches.kind === 'slots' ? matches.slots : undefined
    if (slots && this.#walkIsShorter(order.size, skip + count, matches.total)) {
      return order.walk(slots, descending, skip, count)
    }
    this.#mark(order, place, matches)
    return this.#marked(order, place, skip, count)
  }

  /** Walking tests each place until the page is full; marking touches each match and then each word of 32 places. */
  #walkIsShorter(size: number, upTo: number, total: number): boolean {
    return (size * upTo) / total < total + size / 32
  }

  /** Marks where each match stands in the order: a sort by counting, for the ranks are known. */
  #mark(order: SortedOrder, place: Placing, matches: Matches) {
    const places = this.#places
    places.grow(order.size)
    places.clearAll()
    if (matches.kind === 'slots') {
      matches.slots.each(slot => {
        places.set(place(order.rankOf(slot)))
        return true
      })
    } else if (matches.kind === 'ranks') {
      const bounded = this.#order(matches.order)
      for (let rank = matches.first; rank < matches.end; rank++) places.set(place(order.rankOf(bounded.slotAt(rank))))
    }
  }

  #marked(order: SortedOrder, place: Placing, skip: number, count: number): number[] {
    const page: number[] = []
    let before = skip
    this.#places.each(at => {
      if (before-- > 0) return true
      page.push(order.slotAt(place(at)))
      return page.length < count
    })
    return page
  }
}

/** Rank to place in reading order, and back: downwards the known values turn round, and the unknown still come last. */
type Placing = (rank: number) => number

function placing({ known }: SortedOrder, descending: boolean): Placing {
  return descending ? rank => (rank < known ? known - 1 - rank : rank) : rank => rank
}

/** Sorted by their places, which are numbers. */
function few(order: SortedOrder, place: Placing, slots: readonly number[], skip: number, count: number): number[] {
  const places = new Int32Array(slots.length)
  for (let index = 0; index < slots.length; index++) places[index] = place(order.rankOf(slots[index] ?? -1))
  places.sort()
  return slice(skip, count, at => order.slotAt(place(places[at] ?? -1)))
}

/** Not `Array.from`, which takes 1 µs for thirty. */
function slice(skip: number, count: number, slotAt: (at: number) => number): number[] {
  const slots: number[] = []
  for (let at = skip; at < skip + count; at++) slots.push(slotAt(at))
  return slots
}
