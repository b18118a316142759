import { Type } from '@sinclair/typebox'
import { SymbolName } from '../pattern.ts'
import { Problem } from '../problems.ts'
import type { Route } from '../route.ts'
import { ListedSymbol } from '../universe/symbol.ts'

const tags = ['symbols']
const printable = { pattern: '^[^\\u0000-\\u001f\\u007f]*$' }

export const listSymbols = {
  method: 'GET',
  url: '/api/symbols',
  schema: {
    summary: 'Search symbols for a dropdown',
    description:
      'By prefix of the symbol first, then by words of the name; in order of symbol. `next` is the cursor of the next page.',
    tags,
    querystring: Type.Object(
      {
        q: Type.Optional(
          Type.String({
            ...printable,
            minLength: 1,
            maxLength: 64,
            description: 'Prefix of a symbol, or a part of a name'
          })
        ),
        market: Type.Optional(Type.String({ ...printable, minLength: 1, maxLength: 32 })),
        sector: Type.Optional(Type.String({ ...printable, minLength: 1, maxLength: 64 })),
        after: Type.Optional(Type.Union([SymbolName], { description: 'Cursor: the `next` of the page before' })),
        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 50 }))
      },
      { additionalProperties: false }
    ),
    response: {
      200: Type.Object({
        symbols: Type.Array(ListedSymbol),
        next: Type.Union([SymbolName, Type.Null()], { description: 'null on the last page' })
      }),
      400: Problem,
      401: Problem,
      503: Problem
    }
  }
} as const satisfies Route

export const getSymbol = {
  method: 'GET',
  url: '/api/symbols/:symbol',
  schema: {
    summary: 'One symbol',
    tags,
    params: Type.Object({ symbol: SymbolName }),
    response: { 200: ListedSymbol, 400: Problem, 401: Problem, 404: Problem, 503: Problem }
  }
} as const satisfies Route
