import {
  type Channel,
  type FieldError,
  isChannel,
  raise,
  SCAN_LIST_LIMIT,
  type ScanQuery,
  type ScanSort
} from '@tickstock/contracts'

/** Both ends belong to it. */
export interface NumberRange {
  readonly min: number
  readonly max: number
}

/** Numbers that a scan can bound. */
export const RANGE_COLUMNS = ['confidence', 'rs', 'volume', 'rsi'] as const

export type RangeColumn = (typeof RANGE_COLUMNS)[number]

/** A scan, understood: names in the case that the view keeps, each once and in order, so that equal scans are equal text. */
export interface PatternQuery {
  /** Lower case; any of them. */
  readonly patterns?: readonly string[]
  /** Upper case; any of them. */
  readonly symbols?: readonly string[]
  readonly channel?: Channel
  /** Lower case. */
  readonly timeframe?: string
  readonly ranges: Readonly<Partial<Record<RangeColumn, NumberRange>>>
  readonly sortBy: ScanSort
  readonly descending: boolean
  /** Counted from 1. */
  readonly page: number
  readonly perPage: number
}

/**
 * Understands the query of a scan. Nothing is clamped: what cannot be meant is refused.
 *
 * @throws ProblemError invalid_request, naming every field that is wrong
 */
export function parseScan(query: ScanQuery): PatternQuery {
  const errors: FieldError[] = []
  const patterns = listOf('pattern_types', query.pattern_types, errors)?.map(name => name.toLowerCase())
  const symbols = listOf('symbols', query.symbols, errors)?.map(name => name.toUpperCase())
  const rsi = rsiRange(query.rsi_range, errors)
  if (errors.length > 0) raise('invalid_request', 'The scan is not valid', errors)
  return {
    ...(patterns ? { patterns: distinct(patterns) } : {}),
    ...(symbols ? { symbols: distinct(symbols) } : {}),
    ...tierOf(query.timeframe),
    ranges: {
      ...atLeast('confidence', query.confidence_min),
      ...atLeast('rs', query.rs_min),
      ...atLeast('volume', query.vol_min),
      ...(rsi ? { rsi } : {})
    },
    sortBy: query.sort_by ?? 'confidence',
    descending: query.sort_order !== 'asc',
    page: query.page ?? 1,
    perPage: query.per_page ?? 30
  }
}

const distinct = (names: readonly string[]): readonly string[] => [...new Set(names)].sort()

const atLeast = (column: RangeColumn, min: number | undefined) =>
  min === undefined ? {} : { [column]: { min, max: Number.POSITIVE_INFINITY } }

function listOf(name: string, values: readonly string[] | undefined, errors: FieldError[]): string[] | undefined {
  if (values === undefined) return undefined
  const items = values.flatMap(value => value.split(',')).map(item => item.trim())
  if (items.length > SCAN_LIST_LIMIT) {
    errors.push({ field: `query.${name}`, expected: `at most ${SCAN_LIST_LIMIT} values` })
  }
  if (items.includes('')) errors.push({ field: `query.${name}`, expected: 'values that are not empty' })
  return items
}

function rsiRange(text: string | undefined, errors: FieldError[]): NumberRange | undefined {
  if (text === undefined) return undefined
  const [min = Number.NaN, max = Number.NaN] = text.split(',').map(Number)
  if (!(min <= max && max <= 100))
    errors.push({ field: 'query.rsi_range', expected: 'min,max with 0 <= min <= max <= 100' })
  return { min, max }
}

function tierOf(timeframe = 'all'): Pick<PatternQuery, 'channel' | 'timeframe'> {
  const name = timeframe.trim().toLowerCase()
  if (name === 'all') return {}
  return isChannel(name) ? { channel: name } : { timeframe: name }
}
