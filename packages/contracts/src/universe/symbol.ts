import { type Static, Type } from '@sinclair/typebox'
import { SymbolName } from '../pattern.ts'

/** A listed symbol, as the producer maintains it. */
export const ListedSymbol = Type.Object({
  symbol: SymbolName,
  name: Type.String({ description: 'Company or instrument' }),
  market: Type.String({ description: 'stocks, indices …' }),
  sector: Type.Union([Type.String(), Type.Null()]),
  synthetic: Type.Boolean({ description: 'True when its price series is derived, not traded' })
})

export type ListedSymbol = Static<typeof ListedSymbol>
