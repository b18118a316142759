import type { Columns } from './columns.ts'
import type { Matches } from './matcher.ts'
import type { Before } from './moves.ts'
import type { Orders } from './orders.ts'
import { comparePlaces, type Place, type Reading } from './place.ts'

export interface WalkRequest extends Reading {
  readonly after: Place
  readonly take: number
  /** Live patterns that changed since the walk began, by slot. */
  readonly moved: ReadonlyMap<number, Before>
}

/** A slot, and where it stood when the walk began. */
export interface Step {
  readonly slot: number
  readonly place: Place
}

/** So many matches are sorted; of more, the order is walked. */
const SORTED = 512

/**
 * The next page of a walk: the matches after a place, in the order that the walk began with. What came since is not of the walk; what moved stands
 * where it stood. So what matches all the time comes once, however it moves.
 */
export class Walk {
  readonly #columns: Columns
  readonly #orders: Orders

  constructor(columns: Columns, orders: Orders) {
    this.#columns = columns
    this.#orders = orders
  }

  /** Steps in order: as many as are to be taken and one more, where there are more. */
  page(matches: Matches, request: WalkRequest): readonly Step[] {
    const { after, take, moved } = request
    const isMatch = this.#testOf(matches)
    const steps: Step[] = []
    for (const [slot, before] of moved) {
      if (before && isMatch(slot)) steps.push({ slot, place: this.placeOf(slot, request, before) })
    }
    const stayed = matches.total <= SORTED ? this.#all(matches) : this.#walked(request, isMatch)
    for (const slot of stayed) if (!moved.has(slot)) steps.push({ slot, place: this.placeOf(slot, request) })
    return steps
      .filter(({ place }) => comparePlaces(place, after, request) > 0)
      .sort((one, other) => comparePlaces(one.place, other.place, request))
      .slice(0, take + 1)
  }

  /** @param before what it is sorted by, where that is not what it has now */
  placeOf(slot: number, { sortBy }: Reading, before?: Before): Place {
    const id = this.#columns.idAt(slot)
    if (sortBy === 'symbol') return { value: null, id }
    const now = this.#columns.numbers(sortBy)[slot] ?? Number.NaN
    const value = before && sortBy !== 'detected_at' ? before[sortBy] : now
    return { value: Number.isNaN(value) ? null : value, id }
  }

  #all(matches: Matches): readonly number[] {
    if (matches.kind === 'few') return matches.slots
    const slots: number[] = []
    if (matches.kind === 'ranks') {
      const order = this.#orders.by(matches.order)
      for (let rank = matches.first; rank < matches.end; rank++) slots.push(order.slotAt(rank))
    } else {
      matches.slots.each(slot => {
        slots.push(slot)
        return true
      })
    }
    return slots
  }

  /** Matches that stayed, from the place on, one more than is to be taken: the order is read from there. */
  #walked(request: WalkRequest, isMatch: (slot: number) => boolean): readonly number[] {
    const { sortBy, descending, after, take, moved } = request
    const order = this.#orders.by(sortBy)
    const slotAt = (place: number) => order.slotAt(descending && place < order.known ? order.known - 1 - place : place)
    let low = 0
    let high = order.size
    while (low < high) {
      const middle = (low + high) >>> 1
      if (comparePlaces(this.placeOf(slotAt(middle), request), after, request) > 0) high = middle
      else low = middle + 1
    }
    const slots: number[] = []
    for (let place = low; place < order.size && slots.length <= take; place++) {
      const slot = slotAt(place)
      if (!moved.has(slot) && isMatch(slot)) slots.push(slot)
    }
    return slots
  }

  #testOf(matches: Matches): (slot: number) => boolean {
    if (matches.kind === 'ranks') {
      const { first, end } = matches
      const order = this.#orders.by(matches.order)
      return slot => {
        const rank = order.rankOf(slot)
        return rank >= first && rank < end
      }
    }
    const slots = matches.kind === 'few' ? new Set(matches.slots) : matches.slots
    return slot => slots.has(slot)
  }
}
