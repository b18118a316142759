import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  createFilter,
  deleteFilter,
  getFilter,
  listFilters,
  patchFilter,
  raise,
  replaceFilter
} from '@tickstock/contracts'
import { requireUser, userOf } from '@tickstock/service-kit'
import { checkedFilter } from '../domain/checked-change.ts'
import type { SavedFilters } from '../domain/saved-filters.ts'
import type { Universes } from '../domain/universes.ts'
import { aged, created, itemOf, tagged, versionOf } from './conditions.ts'

export const filterRoutes: FastifyPluginAsyncTypebox<{ universes: Universes; filters: SavedFilters }> = async (
  app,
  { universes, filters }
) => {
  app.addHook('onRequest', requireUser)

  app.route({
    ...listFilters,
    handler: async (request, reply) => ({ filters: aged(reply, await universes.of(userOf(request))).filters })
  })
  app.route({
    ...createFilter,
    handler: async (request, reply) => {
      const once = request.headers['idempotency-key']
      return created(reply, createFilter.url, await filters.create(userOf(request), checkedFilter(request.body), once))
    }
  })
  app.route({
    ...getFilter,
    handler: async (request, reply) => {
      const value = aged(reply, await universes.of(userOf(request)))
      return tagged(reply, itemOf(value.filters, request.params.id) ?? raise('filter_not_found', request.params.id))
    }
  })
  app.route({
    ...replaceFilter,
    handler: async (request, reply) => {
      const key = { user: userOf(request), id: request.params.id }
      const change = checkedFilter(request.body)
      return tagged(reply, await filters.change(key, change, versionOf(request.headers['if-match'])))
    }
  })
  app.route({
    ...patchFilter,
    handler: async (request, reply) => {
      const key = { user: userOf(request), id: request.params.id }
      const change = checkedFilter(request.body)
      return tagged(reply, await filters.change(key, change, versionOf(request.headers['if-match'])))
    }
  })
  app.route({
    ...deleteFilter,
    handler: async (request, reply) => {
      const key = { user: userOf(request), id: request.params.id }
      await filters.delete(key, versionOf(request.headers['if-match']))
      return reply.code(204).send(null)
    }
  })
}
