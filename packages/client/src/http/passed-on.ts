import { isProblemCode, ProblemError } from '@tickstock/contracts'
import { RefusedError } from './request-error.ts'

/**
 * For a service that asks another one for its caller's sake: what that one refused for good, to be told to the caller in the same words.
 *
 * @returns undefined where it is no such refusal: no answer, one that may be another soon, or one that is not in the catalogue
 */
export function passedOn(error: unknown): ProblemError | undefined {
  if (!(error instanceof RefusedError) || error.temporary || !isProblemCode(error.code)) return undefined
  return new ProblemError(error.code, error.problem.detail, { errors: error.problem.errors ?? [], cause: error })
}
