import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { getUniverse } from '@tickstock/contracts'
import { namesAnswer, requireUser, userOf } from '@tickstock/service-kit'
import { universeTag } from '../domain/universe-tag.ts'
import type { Universes } from '../domain/universes.ts'
import { aged } from './conditions.ts'

export const universeRoutes: FastifyPluginAsyncTypebox<{ universes: Universes }> = async (app, { universes }) => {
  app.addHook('onRequest', requireUser)

  app.route({
    ...getUniverse,
    handler: async (request, reply) => {
      const value = aged(reply, await universes.of(userOf(request)))
      const etag = universeTag(value)
      reply.header('etag', etag)
      if (namesAnswer(request.headers['if-none-match'], etag)) return reply.code(304).send(null)
      return { ...value, default_filter: value.filters.find(filter => filter.is_default)?.id ?? null }
    }
  })
}
