import { type Static, Type } from '@sinclair/typebox'
import { PatternName, SymbolName } from '../pattern.ts'

/**
 * Which events of a channel a subscription wants. What is left out does not restrict; an event must pass all that is given.
 * Names compare without regard to case. An expiry carries no numbers, so thresholds let it pass.
 */
export const EventFilter = Type.Object(
  {
    symbols: Type.Optional(Type.Array(SymbolName, { minItems: 1, maxItems: 1000 })),
    pattern_types: Type.Optional(Type.Array(PatternName, { minItems: 1, maxItems: 100 })),
    timeframes: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 32 }), { minItems: 1, maxItems: 20 })),
    confidence_min: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
    rs_min: Type.Optional(Type.Number({ minimum: 0 })),
    vol_min: Type.Optional(Type.Number({ minimum: 0 }))
  },
  { additionalProperties: false }
)

export type EventFilter = Static<typeof EventFilter>
