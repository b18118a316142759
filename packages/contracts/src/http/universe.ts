import { type Static, Type } from '@sinclair/typebox'
import { Problem } from '../problems.ts'
import type { Route } from '../route.ts'
import { Universe } from '../universe/universe.ts'

export const UniverseAnswer = Type.Object({
  ...Universe.properties,
  default_filter: Type.Union([Type.String(), Type.Null()], {
    description: 'Id of the saved filter that a dashboard opens with; null where no filter is the default'
  })
})

export type UniverseAnswer = Static<typeof UniverseAnswer>

/** With the ETag of what is known it costs an empty 304. */
export const getUniverse = {
  method: 'GET',
  url: '/api/users/universe',
  schema: {
    summary: 'Your whole universe: watchlists and saved filters as they are at one moment',
    tags: ['universe'],
    response: { 200: UniverseAnswer, 304: Type.Null(), 401: Problem, 503: Problem }
  }
} as const satisfies Route
