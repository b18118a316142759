import { isChannel, rsiBounds, SCAN_LIST_LIMIT, type ScanSort } from '@tickstock/contracts'
import type { PatternQuery } from './query.ts'
import type { NumberRange, RangeColumn } from './selection.ts'

type Draft = { -readonly [Field in keyof PatternQuery]: PatternQuery[Field] } & {
  readonly ranges: Partial<Record<RangeColumn, NumberRange>>
}

/** Writes what a field says into the draft; false where that is not plain. */
type Reading = (draft: Draft, value: string) => boolean

/**
 * Understands the text of a query that is written as programs write it: known fields, each once, names and decimal numbers that need no decoding.
 * Undefined for whatever else, valid or not: the schema and `parseScan` understand it, or say what is wrong. Where both understand, they agree, which is a
 * property; it takes 1 µs where they take 4.
 */
export function plainScan(text: string): PatternQuery | undefined {
  if (!PLAIN.test(text)) return undefined
  const draft: Draft = { ranges: {}, sortBy: 'confidence', descending: true, view: 'full', page: 1, perPage: 30 }
  const said: string[] = []
  for (const field of text.split('&')) {
    const equals = field.indexOf('=')
    const name = field.slice(0, equals)
    const read = READINGS.get(name)
    if (!read || said.includes(name)) return undefined
    said.push(name)
    if (!read(draft, field.slice(equals + 1))) return undefined
  }
  return draft
}

/** Each field has a value, and nothing in them is encoded. */
const PLAIN = /^\w+=[\w.,-]+(?:&\w+=[\w.,-]+)*$/
const NUMBER = /^\d{1,6}(?:\.\d{1,9})?$/
const WHOLE = /^[1-9]\d{0,4}$/
const RSI = /^\d{1,3}(?:\.\d{1,9})?,\d{1,3}(?:\.\d{1,9})?$/
const MOST_PER_PAGE = 100
const LONGEST_LIST = 8_192
const LONGEST_TIMEFRAME = 32

const SORTS: ReadonlyMap<string, ScanSort> = new Map(
  (['confidence', 'detected_at', 'symbol', 'rs', 'volume'] as const).map(sort => [sort, sort])
)

const READINGS: ReadonlyMap<string, Reading> = new Map<string, Reading>([
  ['confidence_min', atLeast('confidence', 1)],
  ['rs_min', atLeast('rs', Number.POSITIVE_INFINITY)],
  ['vol_min', atLeast('volume', Number.POSITIVE_INFINITY)],
  [
    'pattern_types',
    (draft, value) => {
      const names = namesOf(value.toLowerCase())
      if (names) draft.patterns = names
      return names !== undefined
    }
  ],
  [
    'symbols',
    (draft, value) => {
      const names = namesOf(value.toUpperCase())
      if (names) draft.symbols = names
      return names !== undefined
    }
  ],
  [
    'timeframe',
    (draft, value) => {
      const name = value.toLowerCase()
      if (isChannel(name)) draft.channel = name
      else if (name !== 'all') draft.timeframe = name
      return value.length <= LONGEST_TIMEFRAME
    }
  ],
  [
    'rsi_range',
    (draft, value) => {
      const { min, max } = rsiBounds(value)
      draft.ranges.rsi = { min, max }
      return RSI.test(value) && min <= max && max <= 100
    }
  ],
  [
    'sort_by',
    (draft, value) => {
      const sort = SORTS.get(value)
      if (sort) draft.sortBy = sort
      return sort !== undefined
    }
  ],
  [
    'sort_order',
    (draft, value) => {
      draft.descending = value === 'desc'
      return value === 'desc' || value === 'asc'
    }
  ],
  [
    'page',
    (draft, value) => {
      draft.page = Number(value)
      return WHOLE.test(value)
    }
  ],
  [
    'per_page',
    (draft, value) => {
      draft.perPage = Number(value)
      return WHOLE.test(value) && draft.perPage <= MOST_PER_PAGE
    }
  ]
])

function atLeast(column: RangeColumn, most: number): Reading {
  return (draft, value) => {
    const min = Number(value)
    draft.ranges[column] = { min, max: Number.POSITIVE_INFINITY }
    return NUMBER.test(value) && min <= most
  }
}

function namesOf(value: string): readonly string[] | undefined {
  if (value.length > LONGEST_LIST) return undefined
  const names = value.split(',')
  if (names.length > SCAN_LIST_LIMIT || names.includes('')) return undefined
  return names.length === 1 ? names : [...new Set(names)].sort()
}
