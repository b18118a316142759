import type { ScanSort } from '@tickstock/contracts'

/** Where a pattern stands in an order: the number sorted by (null: not known, or the order is by symbol), and its id. */
export interface Place {
  readonly value: number | null
  readonly id: string
}

export interface Reading {
  readonly sortBy: ScanSort
  readonly descending: boolean
}

/** Which of two places is read first. Unknown values stand last, ties go by id; downwards all turns round but the unknown. */
export function comparePlaces(one: Place, other: Place, { sortBy, descending }: Reading): number {
  const turn = descending ? -1 : 1
  const byId = compareText(one.id, other.id)
  if (sortBy === 'symbol') return turn * (compareText(symbolOf(one.id), symbolOf(other.id)) || byId)
  if (one.value === null || other.value === null) {
    return Number(one.value === null) - Number(other.value === null) || byId
  }
  return turn * (one.value - other.value || byId)
}

/** The id of a pattern begins with its symbol, which has no colon. */
const symbolOf = (id: string): string => id.slice(0, id.indexOf(':'))

/** By code units: the same on every machine. */
export const compareText = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0)
