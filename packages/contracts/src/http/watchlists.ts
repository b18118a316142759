import { Type } from '@sinclair/typebox'
import { Problem } from '../problems.ts'
import type { Route } from '../route.ts'
import { Watchlist, WatchlistDraft, WatchlistPatch } from '../universe/watchlist.ts'
import { creation, ifMatch } from './conditions.ts'

const tags = ['watchlists']
const params = Type.Object({ id: Type.String({ format: 'uuid' }) })
const url = '/api/users/universe/watchlists'

export const listWatchlists = {
  method: 'GET',
  url,
  schema: {
    summary: 'Your watchlists, by name',
    tags,
    response: { 200: Type.Object({ watchlists: Type.Array(Watchlist) }), 401: Problem, 503: Problem }
  }
} as const satisfies Route

export const createWatchlist = {
  method: 'POST',
  url,
  schema: {
    summary: 'Create a watchlist',
    tags,
    headers: creation,
    body: WatchlistDraft,
    response: { 201: Watchlist, 400: Problem, 401: Problem, 409: Problem, 422: Problem, 503: Problem }
  }
} as const satisfies Route

export const getWatchlist = {
  method: 'GET',
  url: `${url}/:id`,
  schema: {
    summary: 'One of your watchlists',
    tags,
    params,
    response: { 200: Watchlist, 400: Problem, 401: Problem, 404: Problem, 503: Problem }
  }
} as const satisfies Route

export const replaceWatchlist = {
  method: 'PUT',
  url: `${url}/:id`,
  schema: {
    summary: 'Replace a watchlist',
    tags,
    params,
    headers: ifMatch,
    body: WatchlistDraft,
    response: { 200: Watchlist, 400: Problem, 401: Problem, 404: Problem, 409: Problem, 412: Problem, 503: Problem }
  }
} as const satisfies Route

export const patchWatchlist = {
  method: 'PATCH',
  url: `${url}/:id`,
  schema: {
    summary: 'Change parts of a watchlist',
    tags,
    params,
    headers: ifMatch,
    body: WatchlistPatch,
    response: {
      200: Watchlist,
      400: Problem,
      401: Problem,
      404: Problem,
      409: Problem,
      412: Problem,
      422: Problem,
      503: Problem
    }
  }
} as const satisfies Route

export const deleteWatchlist = {
  method: 'DELETE',
  url: `${url}/:id`,
  schema: {
    summary: 'Delete a watchlist',
    tags,
    params,
    headers: ifMatch,
    response: { 204: Type.Null(), 400: Problem, 401: Problem, 404: Problem, 409: Problem, 412: Problem, 503: Problem }
  }
} as const satisfies Route
