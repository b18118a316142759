import type { LightCheck } from './checks.ts'

/** What stands in for `checkOf` of the contracts, with the checks that stand in for their schemas; the client reads no texts with it. */
export const checkOf = (check: LightCheck) => ({
  accepts: (value: unknown) => check(value) === undefined,
  fault: (value: unknown) => ({ path: check(value), message: 'is not what it must be' })
})
