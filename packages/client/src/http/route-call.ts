import type { Static, TSchema } from '@sinclair/typebox'
import type { BodyOf, ParamsOf, QueryOf, Route } from '@tickstock/contracts'

type PartOf<R extends Route, Name extends 'params' | 'query' | 'body'> = Name extends 'params'
  ? ParamsOf<R>
  : Name extends 'query'
    ? QueryOf<R>
    : BodyOf<R>

/** What a caller sends, by place; a place that the route does not have cannot be given. */
export type Parts<R extends Route> = {
  readonly [Name in 'params' | 'query' | 'body' as PartOf<R, Name> extends undefined ? never : Name]: PartOf<R, Name>
} & { readonly headers?: Readonly<Record<string, string>> }

/** The same, of any route. */
export interface AnyParts {
  readonly params?: Readonly<Record<string, unknown>>
  readonly query?: Readonly<Record<string, unknown>>
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

type Success = 200 | 201

export type AnswerOf<R extends Route> = {
  [Status in keyof R['schema']['response'] & Success]: R['schema']['response'][Status] extends TSchema
    ? Static<R['schema']['response'][Status]>
    : never
}[keyof R['schema']['response'] & Success]

/** Where a route is called with these parts. */
export function urlOf(route: Route, { params = {}, query = {} }: AnyParts, base: string): URL {
  const path = route.url.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(String(params[name])))
  const url = new URL(path, base)
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value])
      if (one !== undefined) url.searchParams.append(name, String(one))
  }
  return url
}

/**
 * Whether a call that may have been done can be repeated without harm, and its answer still be understood: reads, creations under a key,
 * and what makes the state just so. Where a change holds for one version, a repetition could not tell its own success from another's change.
 */
export function isRepeatable({ method }: Route, { headers = {} }: AnyParts): boolean {
  if (method === 'POST') return 'idempotency-key' in headers
  return method === 'GET' || (method === 'PUT' && !('if-match' in headers))
}
