import type { LightCheck } from './checks.ts'

/** What stands in for `checkOf` of the contracts, with the checks that stand in for their schemas. */

export function checkOf(check: LightCheck) {
  const accepts = (value: unknown) => check(value) === undefined
  return {
    accepts,
    fault: (value: unknown) => {
      const path = check(value)
      return path === undefined ? undefined : { path, message: 'is not what it must be' }
    },
    read: (text: string): unknown => {
      const value = jsonOf(text)
      return accepts(value) ? value : undefined
    }
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
