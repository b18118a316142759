import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  createWatchlist,
  deleteWatchlist,
  getWatchlist,
  listWatchlists,
  patchWatchlist,
  raise,
  replaceWatchlist,
  type Watchlist,
  type WatchlistPatch
} from '@tickstock/contracts'
import { requireUser, userOf } from '@tickstock/service-kit'
import type { FastifyReply } from 'fastify'
import type { ExpectedVersion, Watchlists } from '../domain/watchlists.ts'

export const watchlistRoutes: FastifyPluginAsyncTypebox<{ watchlists: Watchlists }> = async (app, { watchlists }) => {
  app.addHook('onRequest', requireUser)

  app.route({
    ...listWatchlists,
    handler: async request => ({ watchlists: await watchlists.list(userOf(request)) })
  })
  app.route({
    ...createWatchlist,
    handler: async (request, reply) => {
      const watchlist = await watchlists.create(userOf(request), whole(request.body))
      reply.code(201).header('location', `${createWatchlist.url}/${watchlist.id}`)
      return tagged(reply, watchlist)
    }
  })
  app.route({
    ...getWatchlist,
    handler: async (request, reply) => {
      return tagged(reply, await watchlists.get({ user: userOf(request), id: request.params.id }))
    }
  })
  app.route({
    ...replaceWatchlist,
    handler: async (request, reply) => {
      const key = { user: userOf(request), id: request.params.id }
      return tagged(reply, await watchlists.change(key, whole(request.body), versionOf(request.headers['if-match'])))
    }
  })
  app.route({
    ...patchWatchlist,
    handler: async (request, reply) => {
      const key = { user: userOf(request), id: request.params.id }
      return tagged(reply, await watchlists.change(key, whole(request.body), versionOf(request.headers['if-match'])))
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

/** JSON can write half of a character (a lone surrogate), for which Postgres would keep another one. */
function whole<Change extends WatchlistPatch>(change: Change): Change {
  if (change.name?.isWellFormed() ?? true) return change
  return raise('invalid_request', 'the name is not well-formed', [
    { field: 'body.name', expected: 'whole characters, no lone surrogates' }
  ])
}

/** The ETag is the version in quotes. */
function tagged(reply: Pick<FastifyReply, 'header'>, watchlist: Watchlist): Watchlist {
  reply.header('etag', `"${watchlist.version}"`)
  return watchlist
}

/** Of `"3"`; `*` takes any version. */
const versionOf = (ifMatch: string | undefined): ExpectedVersion =>
  ifMatch === undefined || ifMatch === '*' ? undefined : Number(ifMatch.slice(1, -1))
