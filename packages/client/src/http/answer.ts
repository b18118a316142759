import type { TSchema } from '@sinclair/typebox'
import { type Check, checkOf, PROBLEM_MEDIA_TYPE, Problem, type Route } from '@tickstock/contracts'
import { RefusedError, RequestError, reasonOf } from './request-error.ts'

const problems = checkOf(Problem)

const checks = new WeakMap<TSchema, Check<TSchema>>()

/** What a route answered, held against its contract. @throws RequestError */
export async function readAnswer(route: Route, response: Response): Promise<unknown> {
  if (response.status === 204) return undefined
  const answer = await jsonOf(response)
  if (!response.ok) throw refusalOf(response, answer)
  return checked(route, response.status, answer)
}

/** Why the service refused. */
export const readRefusal = async (response: Response): Promise<RequestError> =>
  refusalOf(response, await jsonOf(response))

function checked({ method, url, schema }: Route, status: number, answer: unknown): unknown {
  const expected = schema.response[status]
  if (expected === undefined) throw new RequestError(`${method} ${url} answered ${status}`, { temporary: false })
  const check = checkFor(expected)
  if (check.accepts(answer)) return answer
  const fault = check.fault(answer)
  throw new RequestError(`${method} ${url} answered what it must not: ${fault?.path} ${fault?.message}`, {
    temporary: false
  })
}

/** Made once for each schema, when it is first needed. */
function checkFor(schema: TSchema): Check<TSchema> {
  let check = checks.get(schema)
  if (check === undefined) {
    check = checkOf(schema)
    checks.set(schema, check)
  }
  return check
}

async function jsonOf(response: Response): Promise<unknown> {
  const text = await textOf(response)
  try {
    return JSON.parse(text)
  } catch (cause) {
    const temporary = response.status >= 500
    throw new RequestError(`${response.url} answered ${response.status} without JSON`, { temporary, cause })
  }
}

async function textOf(response: Response): Promise<string> {
  try {
    return await response.text()
  } catch (cause) {
    throw new RequestError(`${response.url} broke off: ${reasonOf(cause)}`, { temporary: true, cause })
  }
}

function refusalOf(response: Response, answer: unknown): RequestError {
  const isProblem = response.headers.get('content-type')?.startsWith(PROBLEM_MEDIA_TYPE) ?? false
  if (isProblem && problems.accepts(answer)) return new RefusedError(answer, retryAfterOf(response))
  return new RequestError(`${response.url} answered ${response.status}`, { temporary: response.status >= 500 })
}

/** In seconds or as a date: RFC 9110, 10.2.3. */
function retryAfterOf({ headers }: Response): number | undefined {
  const text = headers.get('retry-after')
  if (text === null) return undefined
  const ms = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now()
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined
}
