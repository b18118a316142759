import type { Problem } from '@tickstock/contracts'

/** A request did not succeed. `temporary`: the same request may succeed later. */
export class RequestError extends Error {
  override readonly name: string = 'RequestError'
  readonly temporary: boolean

  constructor(message: string, { temporary, cause }: { readonly temporary: boolean; readonly cause?: unknown }) {
    super(message, cause === undefined ? {} : { cause })
    this.temporary = temporary
  }
}

/** The service refused, and said why: `code` is of the problem catalogue. */
export class RefusedError extends RequestError {
  override readonly name = 'RefusedError'
  readonly problem: Problem
  readonly code: string
  readonly status: number
  /** How long the service asks to wait, ms. */
  readonly retryAfterMs: number | undefined

  constructor(problem: Problem, retryAfterMs: number | undefined) {
    super(`${problem.title}: ${problem.detail}`, problem)
    this.problem = problem
    this.code = problem.code
    this.status = problem.status
    this.retryAfterMs = retryAfterMs
  }

  /** What is there now, where a change was made for another version: `version_mismatch`. */
  get current(): unknown {
    return this.problem.current
  }
}

/** What is said of a failure below HTTP: `fetch` keeps it in the cause. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? error.cause.message || error.message : error.message
}
