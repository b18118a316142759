import { type Static, Type } from '@sinclair/typebox'
import { PatternEvent } from '../event.ts'
import { Pattern } from '../pattern.ts'
import { Position } from '../position.ts'
import { Problem } from '../problems.ts'
import type { Route } from '../route.ts'
import { ScanSelection } from './scan.ts'

const tags = ['patterns']
const params = Type.Object({ id: Type.String({ minLength: 1, maxLength: 160 }) })

export const getPattern = {
  method: 'GET',
  url: '/api/patterns/:id',
  schema: {
    summary: 'One live pattern by id',
    tags,
    params,
    response: { 200: Pattern, 304: Type.Null(), 401: Problem, 404: Problem, 503: Problem }
  }
} as const satisfies Route

export const PatternHistory = Type.Object({
  id: Type.String(),
  events: Type.Array(
    Type.Object({
      position: Position,
      appended_at: Type.Integer({ description: 'When it entered the log, ms' }),
      event: PatternEvent
    }),
    { description: 'What the log still has of the pattern, oldest first' }
  ),
  complete: Type.Boolean({ description: 'False when older events are no longer in the log' })
})

export type PatternHistory = Static<typeof PatternHistory>

export const getPatternHistory = {
  method: 'GET',
  url: '/api/patterns/:id/history',
  schema: {
    summary: 'What the log has of one live pattern',
    description: 'Read from the log, so it needs Redis, unlike scans.',
    tags,
    params,
    response: { 200: PatternHistory, 401: Problem, 404: Problem, 503: Problem }
  }
} as const satisfies Route

export const ExportFormat = Type.Union([Type.Literal('ndjson'), Type.Literal('csv')])

export type ExportFormat = Static<typeof ExportFormat>

export const exportPatterns = {
  method: 'GET',
  url: '/api/patterns/export',
  schema: {
    summary: 'All live patterns that match, streamed',
    description:
      'As they stood when the answer began: NDJSON has a pattern a line, CSV a header line and plain columns.',
    tags,
    querystring: Type.Object(
      {
        ...ScanSelection.properties,
        format: Type.Optional(Type.Union(ExportFormat.anyOf, { default: 'ndjson' }))
      },
      { additionalProperties: false }
    ),
    response: { 200: Type.String(), 400: Problem, 401: Problem, 404: Problem, 429: Problem, 503: Problem }
  }
} as const satisfies Route
