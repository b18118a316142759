import type { Static, TSchema } from '@sinclair/typebox'

/**
 * A route is a value: the server spreads it, the SDK calls through it, OpenAPI lists it.
 * The url is whole, as a client writes it; parameters are `:name`.
 */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly url: string
  readonly schema: {
    readonly summary: string
    readonly description?: string
    readonly tags: string[]
    readonly params?: TSchema
    readonly querystring?: TSchema
    readonly headers?: TSchema
    readonly body?: TSchema
    readonly response: { readonly [status: number]: TSchema }
  }
}

type Part<R extends Route, Name extends 'params' | 'querystring' | 'body'> = R['schema'][Name] extends TSchema
  ? Static<R['schema'][Name]>
  : undefined

/** What a caller sends, by place. */
export type ParamsOf<R extends Route> = Part<R, 'params'>
export type QueryOf<R extends Route> = Part<R, 'querystring'>
export type BodyOf<R extends Route> = Part<R, 'body'>
