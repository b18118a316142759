import { type Static, Type } from '@sinclair/typebox'
import { Pattern } from '../pattern.ts'
import { Positions } from '../position.ts'
import { Problem } from '../problems.ts'
import type { Route } from '../route.ts'

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

/** Lists are repeatable (`symbols=A&symbols=B`) or comma-separated (`symbols=A,B`). Names compare without regard to case. */
export const ScanQuery = Type.Object(
  {
    pattern_types: List('Pattern names; any of them'),
    symbols: List('Ticker symbols; any of them'),
    timeframe: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 32,
        default: 'All',
        description: 'All, a channel (Daily, Intraday, Combo) or a bar size such as 5min'
      })
    ),
    confidence_min: Type.Optional(Type.Number({ minimum: 0, maximum: 1, description: 'Least confidence, 0 to 1' })),
    rs_min: Type.Optional(
      Type.Number({ minimum: 0, description: 'Least relative strength (ratio); patterns without one do not match' })
    ),
    vol_min: Type.Optional(
      Type.Number({ minimum: 0, description: 'Least relative volume (ratio); patterns without one do not match' })
    ),
    rsi_range: Type.Optional(
      Type.String({
        pattern: '^\\d{1,3}(\\.\\d+)?,\\d{1,3}(\\.\\d+)?$',
        description: 'min,max of the RSI, each 0 to 100; patterns without one do not match'
      })
    ),
    page: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000, default: 1 })),
    per_page: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 30 })),
    sort_by: Type.Optional(Type.Union(ScanSort.anyOf, { default: 'confidence' })),
    sort_order: Type.Optional(Type.Union([Type.Literal('asc'), Type.Literal('desc')], { default: 'desc' }))
  },
  { additionalProperties: false }
)

export type ScanQuery = Static<typeof ScanQuery>

export const ScanAnswer = Type.Object({
  patterns: Type.Array(Pattern),
  page: Type.Integer(),
  per_page: Type.Integer(),
  total: Type.Integer({ description: 'Patterns that match, on all pages' }),
  pages: Type.Integer(),
  positions: Type.Composite([Positions], {
    description: 'Where each log stood: subscribe from here and nothing is missed, nothing comes twice'
  }),
  stale: Type.Boolean({ description: 'True when the log could not be read lately, so newer patterns may exist' }),
  as_of: Type.Integer({ description: 'When the view last heard from the log, ms' })
})

export type ScanAnswer = Static<typeof ScanAnswer>

export const scanPatterns = {
  method: 'GET',
  url: '/api/patterns/scan',
  schema: {
    summary: 'Live patterns that match',
    description:
      'Answered from memory. Subscribe on the WebSocket from the `positions` of the answer to have the whole picture with no gap and no overlap.',
    tags: ['patterns'],
    querystring: ScanQuery,
    response: { 200: ScanAnswer, 304: Type.Null(), 400: Problem, 401: Problem, 429: Problem, 503: Problem }
  }
} as const satisfies Route

export const getPattern = {
  method: 'GET',
  url: '/api/patterns/:id',
  schema: {
    summary: 'One live pattern by id',
    tags: ['patterns'],
    params: Type.Object({ id: Type.String({ minLength: 1, maxLength: 160 }) }),
    response: { 200: Pattern, 401: Problem, 404: Problem, 503: Problem }
  }
} as const satisfies Route
