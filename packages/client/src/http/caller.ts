import type { Static, TSchema } from '@sinclair/typebox'
import {
  type BodyOf,
  type Check,
  checkOf,
  type ParamsOf,
  PROBLEM_MEDIA_TYPE,
  Problem,
  type QueryOf,
  type Route
} from '@tickstock/contracts'
import { type BackoffOptions, backoff } from '../session/backoff.ts'
import { RefusedError, RequestError } from './request-error.ts'

export interface CallOptions {
  readonly signal?: AbortSignal | undefined
}

export interface CallerOptions {
  readonly url: string
  readonly headers: () => Promise<Record<string, string>>
  /** Milliseconds for a call with all its attempts. */
  readonly timeoutMs: number
  /** Attempts of a GET whose failure is temporary; 1 is no retry. */
  readonly attempts: number
  readonly backoff: BackoffOptions
  readonly random: () => number
}

/** What a caller sends, by place; a place that the route does not have cannot be given. */
type Parts<R extends Route> = {
  readonly [Name in 'params' | 'query' | 'body' as PartOf<R, Name> extends undefined ? never : Name]: PartOf<R, Name>
} & { readonly headers?: Readonly<Record<string, string>> }

type PartOf<R extends Route, Name extends 'params' | 'query' | 'body'> = Name extends 'params'
  ? ParamsOf<R>
  : Name extends 'query'
    ? QueryOf<R>
    : BodyOf<R>

type Success = 200 | 201
type AnswerOf<R extends Route> = {
  [Status in keyof R['schema']['response'] & Success]: R['schema']['response'][Status] extends TSchema
    ? Static<R['schema']['response'][Status]>
    : never
}[keyof R['schema']['response'] & Success]

const problems = checkOf(Problem)

/** Calls routes of the contracts over `fetch`, and checks the answers against them. */
export class Caller {
  readonly #options: CallerOptions
  readonly #answers = new Map<TSchema, Check<TSchema>>()

  constructor(options: CallerOptions) {
    this.#options = options
  }

  /** @throws RequestError (RefusedError when the service said why) */
  async call<R extends Route>(route: R, parts: Parts<R>, options?: CallOptions): Promise<AnswerOf<R>>
  async call(route: Route, parts: Loose, { signal }: CallOptions = {}): Promise<unknown> {
    const deadline = AbortSignal.timeout(this.#options.timeoutMs)
    const stop = signal === undefined ? deadline : AbortSignal.any([deadline, signal])
    const attempts = route.method === 'GET' ? this.#options.attempts : 1
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#attempt(route, parts, stop)
      } catch (error) {
        if (stop.aborted || attempt >= attempts || !(error instanceof RequestError) || !error.temporary) throw error
        const jitter = backoff(attempt, this.#options.random(), this.#options.backoff)
        await wait(error instanceof RefusedError ? Math.max(jitter, error.retryAfterMs ?? 0) : jitter, stop, error)
      }
    }
  }

  async #attempt(route: Route, { params = {}, query = {}, body, headers }: Loose, signal: AbortSignal) {
    const url = new URL(pathOf(route.url, params), this.#options.url)
    url.search = searchOf(query)
    const response = await reach(url, {
      method: route.method,
      signal,
      headers: {
        accept: 'application/json',
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(await this.#options.headers()),
        ...headers
      },
      ...(body !== undefined && { body: JSON.stringify(body) })
    })
    if (response.status === 204) return undefined
    const answer = await jsonOf(response)
    if (!response.ok) throw refusal(response, answer)
    return this.#checked(route, response.status, answer)
  }

  #checked({ method, url, schema }: Route, status: number, answer: unknown): unknown {
    const expected = schema.response[status]
    if (expected === undefined) throw new RequestError(`${method} ${url} answered ${status}`, { temporary: false })
    let check = this.#answers.get(expected)
    if (check === undefined) {
      check = checkOf(expected)
      this.#answers.set(expected, check)
    }
    if (check.accepts(answer)) return answer
    const fault = check.fault(answer)
    throw new RequestError(`${method} ${url} answered what it must not: ${fault?.path} ${fault?.message}`, {
      temporary: false
    })
  }
}

interface Loose {
  readonly params?: Readonly<Record<string, unknown>>
  readonly query?: Readonly<Record<string, unknown>>
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

const pathOf = (url: string, params: Readonly<Record<string, unknown>>) =>
  url.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(String(params[name])))

const searchOf = (query: Readonly<Record<string, unknown>>) => {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) if (one !== undefined) search.append(name, String(one))
  }
  return search.toString()
}

async function reach(url: URL, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init)
  } catch (cause) {
    throw new RequestError(`${url.origin} cannot be reached: ${reasonOf(cause)}`, { temporary: true, cause })
  }
}

async function jsonOf(response: Response): Promise<unknown> {
  try {
    return await response.json()
  } catch (cause) {
    const temporary = response.status >= 500
    throw new RequestError(`${response.url} answered ${response.status} without JSON`, { temporary, cause })
  }
}

function refusal(response: Response, answer: unknown): RequestError {
  const isProblem = response.headers.get('content-type')?.startsWith(PROBLEM_MEDIA_TYPE) ?? false
  if (isProblem && problems.accepts(answer)) {
    const seconds = Number(response.headers.get('retry-after') ?? Number.NaN)
    return new RefusedError(answer, Number.isFinite(seconds) ? seconds * 1000 : undefined)
  }
  return new RequestError(`${response.url} answered ${response.status}`, { temporary: response.status >= 500 })
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? error.cause.message || error.message : error.message
}

/** Waits, unless the call is given up meanwhile: then the last failure is the answer. */
function wait(ms: number, signal: AbortSignal, failure: Error): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const give = () => {
    clearTimeout(timer)
    reject(failure)
  }
  const timer = setTimeout(() => {
    signal.removeEventListener('abort', give)
    resolve()
  }, ms)
  signal.addEventListener('abort', give, { once: true })
  return promise
}
