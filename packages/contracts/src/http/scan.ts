import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { DisplayRow } from '../display-row.ts'
import { Pattern } from '../pattern.ts'
import { Positions } from '../position.ts'
import { Problem } from '../problems.ts'
import type { Route } from '../route.ts'
import { ScanCriteria } from './scan-criteria.ts'

/** In which form rows come: `full` has typed values, `display` the ready-made texts of existing dashboards. */
export const ScanView = Type.Union([Type.Literal('full'), Type.Literal('display')])

export type ScanView = Static<typeof ScanView>

/** Which patterns, given in the query alone or with a saved filter whose criteria it goes before, field by field. */
export const ScanSelection = Type.Object(
  {
    ...ScanCriteria.properties,
    filter: Type.Optional(
      Type.String({
        format: 'uuid',
        description: 'Id of one of your saved filters; what the query gives goes before it'
      })
    )
  },
  { additionalProperties: false }
)

export type ScanSelection = Static<typeof ScanSelection>

export const ScanQuery = Type.Object(
  {
    ...ScanSelection.properties,
    page: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1_000_000,
        description: 'Counted from 1, which is also what leaving it out means'
      })
    ),
    per_page: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 30 })),
    cursor: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 1024,
        description:
          '`next_cursor` of the page before, instead of `page`: what moves meanwhile neither repeats nor skips. The rest of the query must be the same'
      })
    ),
    view: Type.Optional(Type.Union(ScanView.anyOf, { default: 'full' }))
  },
  { additionalProperties: false }
)

export type ScanQuery = Static<typeof ScanQuery>

const answerOf = <Row extends TSchema>(row: Row) =>
  Type.Object({
    patterns: Type.Array(row),
    page: Type.Integer({ description: 'Counted from 1, by cursor too' }),
    per_page: Type.Integer(),
    total: Type.Integer({ description: 'Patterns that match, on all pages' }),
    pages: Type.Integer(),
    next_cursor: Type.Union([Type.String(), Type.Null()], {
      description: 'Goes on after the last pattern of this page; null on the last page'
    }),
    positions: Type.Composite([Positions], {
      description:
        'Where each log stood: subscribe from here and nothing is missed, nothing comes twice. Pages by cursor carry those of their first page'
    }),
    stale: Type.Boolean({ description: 'True when the log could not be read lately, so newer patterns may exist' }),
    as_of: Type.Integer({ description: 'When the view last heard from the log, ms' })
  })

export const ScanAnswer = answerOf(Pattern)

export type ScanAnswer = Static<typeof ScanAnswer>

export const DisplayAnswer = answerOf(DisplayRow)

export type DisplayAnswer = Static<typeof DisplayAnswer>

export const scanPatterns = {
  method: 'GET',
  url: '/api/patterns/scan',
  schema: {
    summary: 'Live patterns that match',
    description:
      'Answered from memory. Subscribe on the WebSocket from the `positions` of the answer to have the whole picture with no gap and no overlap.',
    tags: ['patterns'],
    querystring: ScanQuery,
    response: {
      200: Type.Union([ScanAnswer, DisplayAnswer]),
      304: Type.Null(),
      400: Problem,
      401: Problem,
      404: Problem,
      429: Problem,
      503: Problem
    }
  }
} as const satisfies Route
