import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { getSymbol, listSymbols, raise } from '@tickstock/contracts'
import { userOf } from '@tickstock/service-kit'
import type { SymbolDirectory } from '../domain/symbol-directory.ts'

const DEFAULT_LIMIT = listSymbols.schema.querystring.properties.limit.default

export const symbolRoutes: FastifyPluginAsyncTypebox<{ symbols: SymbolDirectory }> = async (app, { symbols }) => {
  app.addHook('onRequest', async request => {
    userOf(request)
  })

  app.route({
    ...listSymbols,
    handler: ({ query: { limit = DEFAULT_LIMIT, ...search } }) => symbols.search({ ...search, limit })
  })
  app.route({
    ...getSymbol,
    handler: async ({ params: { symbol } }) => (await symbols.find(symbol)) ?? raise('symbol_not_found', symbol)
  })
}
