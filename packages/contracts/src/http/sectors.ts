import { type Static, Type } from '@sinclair/typebox'
import { SymbolName } from '../pattern.ts'
import { Problem } from '../problems.ts'
import type { Route } from '../route.ts'

export const Sectors = Type.Object({
  sectors: Type.Record(Type.String(), Type.Array(SymbolName), {
    description: 'Every sector with its symbols; symbols without one are left out'
  })
})

export type Sectors = Static<typeof Sectors>

/** Some 80 KB for ten thousand symbols; with the ETag of what is known it costs an empty 304. */
export const listSectors = {
  method: 'GET',
  url: '/api/symbols/sectors',
  schema: {
    summary: 'All sectors with their symbols',
    tags: ['symbols'],
    response: { 200: Sectors, 304: Type.Null(), 401: Problem, 503: Problem }
  }
} as const satisfies Route
