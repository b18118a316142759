import { Type } from '@sinclair/typebox'
import { SymbolName } from '../pattern.ts'
import { Problem } from '../problems.ts'
import type { Route } from '../route.ts'
import { ListedSymbol } from '../universe/symbol.ts'

const tags = ['symbols']
const printable = { pattern: '^[^\\u0000-\\u001f\\u007f]*$' }
const name = (description: string) =>
  Type.Optional(Type.String({ ...printable, minLength: 1, maxLength: 64, description: `${description}, in any case` }))

/** Where a page ended: which kind of match, how good, at which symbol. */
const Cursor = Type.String({
  pattern: '^[0-2]\\.\\d{1,4}\\.[A-Z0-9^][A-Z0-9.\\-^=/]{0,15}$',
  description: 'The `next` of the page before, of the same search'
})

export const listSymbols = {
  method: 'GET',
  url: '/api/symbols',
  schema: {
    summary: 'Search symbols for a dropdown',
    description:
      'The symbol itself first, then those that begin with `q`, names that begin with it, names with a word that does, names that contain it, and names that look like it (from three letters on: a typing error is forgiven). Among equals in order of symbol.',
    tags,
    querystring: Type.Object(
      {
        q: name('A symbol, its beginning, or a part of a name'),
        market: name('Market'),
        sector: name('Sector'),
        type: name('Type'),
        after: Type.Optional(Cursor),
        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 50 }))
      },
      { additionalProperties: false }
    ),
    response: {
      200: Type.Object({
        symbols: Type.Array(ListedSymbol),
        next: Type.Union([Type.String(), Type.Null()], { description: '`after` of the next page; null on the last' })
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
