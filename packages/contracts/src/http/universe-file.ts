import { Type } from '@sinclair/typebox'
import { Problem } from '../problems.ts'
import type { Route } from '../route.ts'
import { ImportReport, NameConflict, UniverseFile } from '../universe/universe-file.ts'

const tags = ['universe']

export const exportUniverse = {
  method: 'GET',
  url: '/api/users/universe/export',
  schema: {
    summary: 'Your watchlists and saved filters as a file',
    description:
      'JSON, or CSV with the columns kind, name, symbols, criteria, watchlist, is_default. A cell that a spreadsheet would take for a formula begins with an apostrophe, which the import takes away again.',
    tags,
    querystring: Type.Object(
      { format: Type.Optional(Type.Union([Type.Literal('json'), Type.Literal('csv')], { default: 'json' })) },
      { additionalProperties: false }
    ),
    response: {
      200: Type.Union([UniverseFile, Type.String({ description: 'CSV' })]),
      400: Problem,
      401: Problem,
      503: Problem
    }
  }
} as const satisfies Route

/** Bytes of a file: a hundred watchlists of a thousand symbols have 1 MB. */
export const IMPORT_LIMIT = 2 * 1024 * 1024

export const importUniverse = {
  method: 'POST',
  url: '/api/users/universe/import',
  schema: {
    summary: 'Take over watchlists and saved filters from a file: all of them, or none',
    description:
      'application/json, or text/csv as the export writes it. Every item that cannot be taken is named, by its place or its line.',
    tags,
    querystring: Type.Object(
      {
        on_conflict: Type.Optional(
          Type.Union(NameConflict.anyOf, {
            default: 'skip',
            description:
              'What is done with an item whose name you have: yours stays, is replaced, or the new one is renamed'
          })
        )
      },
      { additionalProperties: false }
    ),
    body: Type.Union([UniverseFile, Type.String({ description: 'CSV' })]),
    response: {
      200: ImportReport,
      400: Problem,
      401: Problem,
      409: Problem,
      413: Problem,
      415: Problem,
      422: Problem,
      503: Problem
    }
  }
} as const satisfies Route
