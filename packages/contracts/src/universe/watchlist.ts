import { type Static, Type } from '@sinclair/typebox'
import { SymbolName } from '../pattern.ts'

export const WATCHLIST_LIMITS = { perUser: 100, symbols: 1000, name: 100 } as const

const name = Type.String({
  minLength: 1,
  maxLength: WATCHLIST_LIMITS.name,
  pattern: '^(?=.*\\S)[^\\u0000-\\u001f\\u007f]*$',
  description: 'Unique for the user, whatever its case; no control characters, not blank alone'
})
const symbols = Type.Array(SymbolName, {
  maxItems: WATCHLIST_LIMITS.symbols,
  uniqueItems: true,
  description: 'In the order that the user gave'
})

/** What a user writes. */
export const WatchlistDraft = Type.Object({ name, symbols }, { additionalProperties: false })

export type WatchlistDraft = Static<typeof WatchlistDraft>

/** A change of a part: what is left out stays. */
export const WatchlistPatch = Type.Partial(WatchlistDraft, { additionalProperties: false, minProperties: 1 })

export type WatchlistPatch = Static<typeof WatchlistPatch>

/** A named list of symbols that belongs to one user. */
export const Watchlist = Type.Object({
  id: Type.String({ description: 'UUID' }),
  name,
  symbols,
  version: Type.Integer({ minimum: 1, description: 'Counts its changes; the ETag is this number in quotes' }),
  created_at: Type.Integer({ description: 'ms' }),
  updated_at: Type.Integer({ description: 'ms' })
})

export type Watchlist = Static<typeof Watchlist>
