import { ProblemError } from '@tickstock/contracts'
import type { ExpectedVersion } from '../domain/owned-item.ts'

/** @throws ProblemError `version_mismatch` with the item as it is, when it is not the version that a change was made for */
export function requireVersion(item: { readonly version: number }, expected: ExpectedVersion): void {
  if (expected === undefined || item.version === expected) return
  throw new ProblemError('version_mismatch', `it is version ${item.version}, not ${expected}`, { current: item })
}
