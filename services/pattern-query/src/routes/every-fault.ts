import { checkOf, criteriaFaults, ProblemError, ScanCriteria } from '@tickstock/contracts'
import type { FastifyRequest } from 'fastify'

const criteria = checkOf(ScanCriteria)

/**
 * Refuses what the schema refused, and names with it what else is wrong among the fields that the schema accepts: who asks mends all at once.
 * For routes that have `attachValidation`.
 *
 * @throws ProblemError invalid_request
 */
export function refuseInvalid({ validationError, query }: FastifyRequest): void {
  if (validationError === undefined) return
  if (!(validationError instanceof ProblemError)) throw validationError
  const { code, message, errors, cause } = validationError
  const named = new Set(errors.map(({ field }) => field))
  const sound = Object.fromEntries(
    Object.entries(Object(query)).filter(([name]) => name in ScanCriteria.properties && !named.has(`query.${name}`))
  )
  const others = criteria.accepts(sound) ? criteriaFaults(sound, 'query') : []
  throw new ProblemError(code, message, { errors: [...errors, ...others], cause })
}
