import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { listSectors } from '@tickstock/contracts'
import { namesAnswer, userOf } from '@tickstock/service-kit'
import type { FastifyReply } from 'fastify'
import type { SectorListing } from '../domain/sector-listing.ts'

/** For whoever has an identity, services too: sectors are nobody's own. */
export const sectorRoutes: FastifyPluginAsyncTypebox<{ sectors: SectorListing }> = async (app, { sectors }) => {
  app.route({
    ...listSectors,
    onRequest: (request, _reply, done) => {
      userOf(request)
      done()
    },
    handler: async (request, reply) => {
      const { json, etag } = await sectors.current()
      reply.header('etag', etag).header('cache-control', 'no-cache')
      if (namesAnswer(request.headers['if-none-match'], etag)) return reply.code(304).send(null)
      return sendJson(reply, json)
    }
  })
}

/** What is JSON already, and some 80 KB of it: it is not encoded for each who asks. */
const sendJson = (reply: FastifyReply, json: string): FastifyReply =>
  reply.type('application/json; charset=utf-8').send(json)
