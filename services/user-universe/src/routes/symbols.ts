import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { getSymbol, listSectors, listSymbols, raise } from '@tickstock/contracts'
import { userOf } from '@tickstock/service-kit'
import type { FastifyReply } from 'fastify'
import { SectorListing } from '../domain/sector-listing.ts'
import type { SymbolDirectory } from '../domain/symbol-directory.ts'
import { isKnown } from './conditions.ts'

const DEFAULT_LIMIT = listSymbols.schema.querystring.properties.limit.default

export const symbolRoutes: FastifyPluginAsyncTypebox<{ symbols: SymbolDirectory }> = async (app, { symbols }) => {
  const sectors = new SectorListing(() => symbols.sectors())

  app.addHook('onRequest', async request => {
    userOf(request)
  })

  app.route({
    ...listSymbols,
    handler: ({ query: { limit = DEFAULT_LIMIT, ...search } }) => symbols.search({ ...search, limit })
  })
  app.route({
    ...listSectors,
    handler: async (request, reply) => {
      const { json, etag } = await sectors.current()
      reply.header('etag', etag).header('cache-control', 'no-cache')
      if (isKnown(request.headers['if-none-match'], etag)) return reply.code(304).send(null)
      return sendJson(reply, json)
    }
  })
  app.route({
    ...getSymbol,
    handler: async ({ params: { symbol } }) => (await symbols.find(symbol)) ?? raise('symbol_not_found', symbol)
  })
}

/** What is JSON already, and some 80 KB of it: it is not encoded for each who asks. */
const sendJson = (reply: FastifyReply, json: string): FastifyReply =>
  reply.type('application/json; charset=utf-8').send(json)
