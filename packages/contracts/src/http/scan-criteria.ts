import { type Static, Type } from '@sinclair/typebox'

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
    sectors: List('Sectors of the symbols table; any of them. `all` constrains nothing'),
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
        description: 'Least relative strength (ratio); patterns without one do not match. 0 constrains nothing'
      })
    ),
    vol_min: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 1e9,
        description: 'Least relative volume (ratio); patterns without one do not match. 0 constrains nothing'
      })
    ),
    rsi_range: Type.Optional(
      Type.String({
        pattern: '^\\d{1,3}(\\.\\d+)?,\\d{1,3}(\\.\\d+)?$',
        description: 'min,max of the RSI, each 0 to 100; patterns without one do not match. 0,100 constrains nothing'
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
