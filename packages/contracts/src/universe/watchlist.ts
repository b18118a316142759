import { type Static, Type } from '@sinclair/typebox'
import { SymbolName } from '../pattern.ts'
import { UniverseName } from './universe-name.ts'

/** Watchlists that a user may have, and symbols of each. */
export const WATCHLIST_LIMITS = { perUser: 100, symbols: 1000 } as const

const symbols = Type.Array(SymbolName, {
  maxItems: WATCHLIST_LIMITS.symbols,
  uniqueItems: true,
  description: 'In the order that the user gave'
})

/** What a user writes. */
export const WatchlistDraft = Type.Object({ name: UniverseName, symbols }, { additionalProperties: false })

export type WatchlistDraft = Static<typeof WatchlistDraft>

/**
 * A change of a part: what is left out stays. Symbols are given anew, or taken out, put in and moved, in this order; what
 * was changed meanwhile then stays changed, whoever did it.
 */
export const WatchlistPatch = Type.Object(
  {
    name: Type.Optional(UniverseName),
    symbols: Type.Optional(symbols),
    remove: Type.Optional(
      Type.Array(SymbolName, {
        maxItems: WATCHLIST_LIMITS.symbols,
        uniqueItems: true,
        description: 'Taken out; those that are not there are passed over'
      })
    ),
    add: Type.Optional(
      Type.Array(SymbolName, {
        maxItems: WATCHLIST_LIMITS.symbols,
        uniqueItems: true,
        description: 'Put at the end; those that are there stay where they are'
      })
    ),
    move: Type.Optional(
      Type.Object(
        {
          symbol: SymbolName,
          before: Type.Union([SymbolName, Type.Null()], { description: 'The one it comes before; null: the end' })
        },
        { additionalProperties: false }
      )
    )
  },
  { additionalProperties: false, minProperties: 1 }
)

export type WatchlistPatch = Static<typeof WatchlistPatch>

/** A named list of symbols that belongs to one user. */
export const Watchlist = Type.Object({
  id: Type.String({ description: 'UUID' }),
  name: UniverseName,
  symbols,
  version: Type.Integer({ minimum: 1, description: 'Counts its changes; the ETag is this number in quotes' }),
  created_at: Type.Integer({ description: 'ms' }),
  updated_at: Type.Integer({ description: 'ms' })
})

export type Watchlist = Static<typeof Watchlist>
