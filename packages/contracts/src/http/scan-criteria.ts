import { type Static, Type } from '@sinclair/typebox'
import type { FieldError } from '../problems.ts'

const List = (description: string) =>
  Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 8192 }), { maxItems: 200, description }))

/** What patterns can be sorted by. */
export const ScanSort = Type.Union([
  Type.Literal('confidence'),
  Type.Literal('detected_at'),
  Type.Literal('symbol'),
  Type.Literal('rs'),
  Type.Literal('volume')
])

export type ScanSort = Static<typeof ScanSort>

/** Most values a list of a scan may have, after commas are split. */
export const SCAN_LIST_LIMIT = 1000

/** Control characters and halves of characters: no name has them, and no database keeps them. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}]/u
const TEXT = 'text without control characters'

const LISTS = ['pattern_types', 'symbols', 'sectors'] as const

/**
 * What a scan looks for, and in which order: what a user may save as a filter. A pattern must pass all that is given.
 * Lists are repeatable (`symbols=A&symbols=B`) or comma-separated (`symbols=A,B`). Names compare without regard to case.
 *
 * No field has a `default` that a validator would fill in: what is left out of a query is what a saved filter may say.
 */
export const ScanCriteria = Type.Object(
  {
    pattern_types: List('Pattern names; any of them'),
    symbols: List('Ticker symbols; any of them'),
    sectors: List('Sectors of the symbols table; any of them'),
    watchlist: Type.Optional(
      Type.String({ format: 'uuid', description: 'Id of one of your watchlists: its symbols alone' })
    ),
    timeframe: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 32,
        description:
          'All (which is also what leaving it out means), a channel (Daily, Intraday, Combo) or a bar size such as 5min'
      })
    ),
    confidence_min: Type.Optional(Type.Number({ minimum: 0, maximum: 1, description: 'Least confidence, 0 to 1' })),
    rs_min: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 1e9,
        description: 'Least relative strength (ratio); patterns without one do not match'
      })
    ),
    vol_min: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 1e9,
        description: 'Least relative volume (ratio); patterns without one do not match'
      })
    ),
    rsi_range: Type.Optional(
      Type.String({
        pattern: '^\\d{1,3}(\\.\\d+)?,\\d{1,3}(\\.\\d+)?$',
        description: 'min,max of the RSI, each 0 to 100; patterns without one do not match'
      })
    ),
    sort_by: Type.Optional(Type.Union(ScanSort.anyOf, { description: 'Where it is left out: confidence' })),
    sort_order: Type.Optional(
      Type.Union([Type.Literal('asc'), Type.Literal('desc')], { description: 'Where it is left out: desc' })
    )
  },
  { additionalProperties: false }
)

export type ScanCriteria = Static<typeof ScanCriteria>

/** The values of a list: commas split, blanks trimmed. */
export const valuesOf = (list: readonly string[]): string[] =>
  list.flatMap(text => text.split(',')).map(value => value.trim())

/** The two ends of an `rsi_range`; NaN for an end that is none. */
export function rsiBounds(text: string): { readonly min: number; readonly max: number } {
  const [min = Number.NaN, max = Number.NaN] = text.split(',').map(Number)
  return { min, max }
}

/**
 * What is wrong with criteria that the schema accepts. The one place that knows: what passes can be scanned for, and saved.
 *
 * @param place stands before the name of each field: `query`, `body.criteria` …
 */
export function criteriaFaults(criteria: ScanCriteria, place: string): FieldError[] {
  const faults: FieldError[] = []
  const { timeframe } = criteria
  if (timeframe !== undefined && UNPRINTABLE.test(timeframe))
    faults.push({ field: `${place}.timeframe`, expected: TEXT })
  for (const name of LISTS) {
    const values = valuesOf(criteria[name] ?? [])
    const field = `${place}.${name}`
    if (values.length > SCAN_LIST_LIMIT) faults.push({ field, expected: `at most ${SCAN_LIST_LIMIT} values` })
    if (criteria[name]?.some(text => UNPRINTABLE.test(text))) faults.push({ field, expected: TEXT })
    if (values.includes('')) faults.push({ field, expected: 'values that are not empty' })
  }
  const { rsi_range } = criteria
  if (rsi_range === undefined) return faults
  const { min, max } = rsiBounds(rsi_range)
  if (!(min <= max && max <= 100)) {
    faults.push({ field: `${place}.rsi_range`, expected: 'min,max with 0 <= min <= max <= 100' })
  }
  return faults
}
