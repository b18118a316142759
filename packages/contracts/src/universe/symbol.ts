import { type Static, Type } from '@sinclair/typebox'
import { SymbolName } from '../pattern.ts'

const known = (description: string) => Type.Union([Type.String(), Type.Null()], { description })

/** A listed symbol, as the producer maintains it. What the producer does not know is null. */
export const ListedSymbol = Type.Object({
  symbol: SymbolName,
  name: Type.String({ description: 'Company or instrument' }),
  market: Type.String({ description: 'stocks, indices …' }),
  exchange: known('Where it is listed: NASDAQ, NYSE …'),
  sector: known('Technology, Energy …'),
  industry: known('A part of the sector'),
  type: known('stock, etf, index …'),
  synthetic: Type.Boolean({ description: 'True when its price series is derived, not traded' })
})

export type ListedSymbol = Static<typeof ListedSymbol>
