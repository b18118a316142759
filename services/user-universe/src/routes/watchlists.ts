import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  createWatchlist,
  deleteWatchlist,
  getWatchlist,
  listWatchlists,
  patchWatchlist,
  raise,
  replaceWatchlist
} from '@tickstock/contracts'
import { requireUser, userOf } from '@tickstock/service-kit'
import { checkedWatchlist } from '../domain/checked-change.ts'
import type { Universes } from '../domain/universes.ts'
import type { Watchlists } from '../domain/watchlists.ts'
import { aged, created, itemOf, tagged, versionOf } from './conditions.ts'

export const watchlistRoutes: FastifyPluginAsyncTypebox<{ universes: Universes; watchlists: Watchlists }> = async (
  app,
  { universes, watchlists }
) => {
  app.addHook('onRequest', requireUser)

  app.route({
    ...listWatchlists,
    handler: async (request, reply) => ({ watchlists: aged(reply, await universes.of(userOf(request))).watchlists })
  })
  app.route({
    ...createWatchlist,
    handler: async (request, reply) => {
      const once = request.headers['idempotency-key']
      const made = await watchlists.create(userOf(request), checkedWatchlist(request.body), once)
      return created(reply, createWatchlist.url, made)
    }
  })
  app.route({
    ...getWatchlist,
    handler: async (request, reply) => {
      const value = aged(reply, await universes.of(userOf(request)))
      return tagged(
        reply,
        itemOf(value.watchlists, request.params.id) ?? raise('watchlist_not_found', request.params.id)
      )
    }
  })
  app.route({
    ...replaceWatchlist,
    handler: async (request, reply) => {
      const key = { user: userOf(request), id: request.params.id }
      const change = checkedWatchlist(request.body)
      return tagged(reply, await watchlists.change(key, change, versionOf(request.headers['if-match'])))
    }
  })
  app.route({
    ...patchWatchlist,
    handler: async (request, reply) => {
      const key = { user: userOf(request), id: request.params.id }
      const change = checkedWatchlist(request.body)
      return tagged(reply, await watchlists.change(key, change, versionOf(request.headers['if-match'])))
    }
  })
  app.route({
    ...deleteWatchlist,
    handler: async (request, reply) => {
      const key = { user: userOf(request), id: request.params.id }
      await watchlists.delete(key, versionOf(request.headers['if-match']))
      return reply.code(204).send(null)
    }
  })
}
