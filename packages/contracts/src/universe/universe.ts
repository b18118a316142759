import { type Static, Type } from '@sinclair/typebox'
import { SavedFilter } from './saved-filter.ts'
import { Watchlist } from './watchlist.ts'

/** All that is one user's own. */
export const Universe = Type.Object({
  watchlists: Type.Array(Watchlist, { description: 'By name' }),
  filters: Type.Array(SavedFilter, { description: 'By name' })
})

export type Universe = Static<typeof Universe>
