import { Type } from '@sinclair/typebox'
import { Problem } from '../problems.ts'
import type { Route } from '../route.ts'
import { SavedFilter, SavedFilterDraft, SavedFilterPatch } from '../universe/saved-filter.ts'
import { creation, ifMatch } from './conditions.ts'

const tags = ['saved filters']
const params = Type.Object({ id: Type.String({ format: 'uuid' }) })
const url = '/api/users/universe/filters'

export const listFilters = {
  method: 'GET',
  url,
  schema: {
    summary: 'Your saved filters, by name',
    tags,
    response: { 200: Type.Object({ filters: Type.Array(SavedFilter) }), 401: Problem, 503: Problem }
  }
} as const satisfies Route

export const createFilter = {
  method: 'POST',
  url,
  schema: {
    summary: 'Save a filter',
    tags,
    headers: creation,
    body: SavedFilterDraft,
    response: { 201: SavedFilter, 400: Problem, 401: Problem, 409: Problem, 422: Problem, 503: Problem }
  }
} as const satisfies Route

export const getFilter = {
  method: 'GET',
  url: `${url}/:id`,
  schema: {
    summary: 'One of your saved filters',
    tags,
    params,
    response: { 200: SavedFilter, 400: Problem, 401: Problem, 404: Problem, 503: Problem }
  }
} as const satisfies Route

export const replaceFilter = {
  method: 'PUT',
  url: `${url}/:id`,
  schema: {
    summary: 'Replace a saved filter',
    tags,
    params,
    headers: ifMatch,
    body: SavedFilterDraft,
    response: { 200: SavedFilter, 400: Problem, 401: Problem, 404: Problem, 409: Problem, 412: Problem, 503: Problem }
  }
} as const satisfies Route

export const patchFilter = {
  method: 'PATCH',
  url: `${url}/:id`,
  schema: {
    summary: 'Change parts of a saved filter',
    tags,
    params,
    headers: ifMatch,
    body: SavedFilterPatch,
    response: { 200: SavedFilter, 400: Problem, 401: Problem, 404: Problem, 409: Problem, 412: Problem, 503: Problem }
  }
} as const satisfies Route

export const deleteFilter = {
  method: 'DELETE',
  url: `${url}/:id`,
  schema: {
    summary: 'Delete a saved filter',
    tags,
    params,
    headers: ifMatch,
    response: { 204: Type.Null(), 400: Problem, 401: Problem, 404: Problem, 412: Problem, 503: Problem }
  }
} as const satisfies Route
