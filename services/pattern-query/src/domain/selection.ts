import {
  type Channel,
  criteriaFaults,
  type FieldError,
  isChannel,
  raise,
  rsiBounds,
  type ScanCriteria,
  type ScanSort,
  valuesOf
} from '@tickstock/contracts'

/** Both ends belong to it. */
export interface NumberRange {
  readonly min: number
  readonly max: number
}

/** Numbers that a scan can bound. */
export const RANGE_COLUMNS = ['confidence', 'rs', 'volume', 'rsi'] as const

export type RangeColumn = (typeof RANGE_COLUMNS)[number]

/** Which patterns, and in which order: names in the case that the view keeps, each once and in order, so that equal selections are equal text. */
export interface PatternSelection {
  /** Lower case; any of them. */
  readonly patterns?: readonly string[]
  /** Upper case; any of them. */
  readonly symbols?: readonly string[]
  /** Upper case; any of them, besides what `symbols` says. None: nothing matches. */
  readonly watched?: readonly string[]
  /** Lower case; any of them. */
  readonly sectors?: readonly string[]
  readonly channel?: Channel
  /** Lower case. */
  readonly timeframe?: string
  readonly ranges: Readonly<Partial<Record<RangeColumn, NumberRange>>>
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
  const criteria: ScanCriteria = { ...filter, ...query }
  const patterns = namesOf(criteria.pattern_types, name => name.toLowerCase())
  const symbols = namesOf(criteria.symbols, name => name.toUpperCase())
  const sectors = namesOf(criteria.sectors, name => name.toLowerCase())
  return {
    ...(patterns && { patterns }),
    ...(symbols && { symbols }),
    ...(watchlist && { watched: watchlist }),
    ...(sectors && { sectors }),
    ...tierOf(criteria.timeframe),
    ranges: rangesOf(criteria),
    sortBy: criteria.sort_by ?? 'confidence',
    descending: criteria.sort_order !== 'asc'
  }
}

/** @throws ProblemError invalid_request, naming the fields */
export const refuseQuery = (faults: readonly FieldError[]): never =>
  raise('invalid_request', 'The scan is not valid', faults)

const namesOf = (
  list: readonly string[] | undefined,
  inCase: (name: string) => string
): readonly string[] | undefined => list && [...new Set(valuesOf(list).map(inCase))].sort()

function rangesOf({ confidence_min, rs_min, vol_min, rsi_range }: ScanCriteria): PatternSelection['ranges'] {
  return {
    ...atLeast('confidence', confidence_min),
    ...atLeast('rs', rs_min),
    ...atLeast('volume', vol_min),
    ...(rsi_range !== undefined && { rsi: rsiBounds(rsi_range) })
  }
}

const atLeast = (column: RangeColumn, min: number | undefined) =>
  min === undefined ? {} : { [column]: { min, max: Number.POSITIVE_INFINITY } }

function tierOf(timeframe = 'all'): Pick<PatternSelection, 'channel' | 'timeframe'> {
  const name = timeframe.trim().toLowerCase()
  if (name === 'all') return {}
  return isChannel(name) ? { channel: name } : { timeframe: name }
}

/** Equal selections are equal text, and no others. Written for each answer, in its cursor. */
export function selectionText(selection: PatternSelection): string {
  const { patterns, symbols, watched, sectors, channel, timeframe, ranges, sortBy, descending } = selection
  const { confidence, rs, volume, rsi } = ranges
  const names = `${listed(patterns)} ${listed(symbols)} ${listed(watched)} ${listed(sectors)} ${channel} ${quoted(timeframe)}`
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
const quoted = (name: string | undefined): string => (name === undefined ? '' : `${name.length}:${name}`)
