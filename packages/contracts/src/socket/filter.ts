import { type Static, Type } from '@sinclair/typebox'
import { ScanSelection } from '../http/scan.ts'
import { PatternName, SymbolName } from '../pattern.ts'

const { watchlist, filter, rsi_range, confidence_min, rs_min, vol_min } = ScanSelection.properties

/**
 * Which events of a channel a subscription wants. What is left out does not restrict; an event must pass all that is given.
 * Names compare without regard to case, and mean what they mean in scans: see `canonicalCriteria`. An expiry is wanted where the pattern that it ends matched.
 *
 * `watchlist` and `filter` are followed: when they are edited, the subscription goes on with what they say then.
 */
export const EventFilter = Type.Object(
  {
    symbols: Type.Optional(Type.Array(SymbolName, { minItems: 1, maxItems: 1000 })),
    sectors: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 100 }), { minItems: 1, maxItems: 100 })),
    watchlist,
    filter,
    pattern_types: Type.Optional(Type.Array(PatternName, { minItems: 1, maxItems: 100 })),
    timeframes: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 32 }), { minItems: 1, maxItems: 20 })),
    confidence_min,
    rs_min,
    vol_min,
    rsi_range
  },
  { additionalProperties: false }
)

export type EventFilter = Static<typeof EventFilter>
