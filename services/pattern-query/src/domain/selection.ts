import {
  type CanonicalCriteria,
  canonicalCriteria,
  criteriaFaults,
  criteriaOf,
  type FieldError,
  raise,
  type ScanCriteria,
  type ScanSort
} from '@tickstock/contracts'

/** Which patterns, and in which order. Equal selections are equal text. */
export interface PatternSelection extends CanonicalCriteria {
  /** Symbols of the watchlist, upper case; any of them, besides what `symbols` says. None: nothing matches. */
  readonly watched?: readonly string[]
  readonly sortBy: ScanSort
  readonly descending: boolean
}

/** What the ids of a query stand for, looked up for the user who asks. */
export interface Resolved {
  /** Symbols of the watchlist, upper case. */
  readonly watchlist?: readonly string[]
  /** Criteria of the saved filter: what the query gives goes before them, field by field. */
  readonly filter?: ScanCriteria
}

/**
 * Understands what a query selects, whatever is done with it: scanned, exported.
 *
 * @throws ProblemError invalid_request, naming every field that is wrong
 */
export function parseSelection(query: ScanCriteria, { watchlist, filter }: Resolved = {}): PatternSelection {
  const faults = criteriaFaults(query, 'query')
  if (faults.length > 0) refuseQuery(faults)
  return selectionOf({ ...filter, ...query }, watchlist)
}

/** What criteria select that are known to be valid. */
export const selectionOf = (criteria: ScanCriteria, watched?: readonly string[]): PatternSelection => ({
  ...canonicalCriteria(criteriaOf(criteria)),
  ...(watched && { watched }),
  sortBy: criteria.sort_by ?? 'confidence',
  descending: criteria.sort_order !== 'asc'
})

/** @throws ProblemError invalid_request, naming the fields */
export const refuseQuery = (faults: readonly FieldError[]): never =>
  raise('invalid_request', 'The scan is not valid', faults)

/** Equal selections are equal text, and no others. Written for each answer, in its cursor. */
export function selectionText(selection: PatternSelection): string {
  const { pattern_types, symbols, watched, sectors, timeframes, ranges, sortBy, descending } = selection
  const { confidence, rs, volume, rsi } = ranges
  const names = `${listed(pattern_types)} ${listed(symbols)} ${listed(watched)} ${listed(sectors)} ${listed(timeframes)}`
  const numbers = `${confidence?.min} ${rs?.min} ${volume?.min} ${rsi?.min} ${rsi?.max}`
  return `${names} ${numbers} ${sortBy} ${descending}`
}

function listed(names: readonly string[] | undefined): string {
  if (names === undefined) return ''
  let text = '['
  for (const name of names) text += quoted(name)
  return text
}

/** What users write stands after its length, so that it cannot be mistaken: a third of the time of JSON. */
const quoted = (name: string): string => `${name.length}:${name}`
