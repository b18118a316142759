import { createHash } from 'node:crypto'
import type { Universe } from '@tickstock/contracts'

/** An ETag of a universe: equal for equal ones, and another after each change, since each counts a version up. */
export function universeTag({ watchlists, filters }: Universe): string {
  const hash = createHash('sha256')
  for (const { id, version } of watchlists) hash.update(`watchlist ${id} ${version}\n`)
  for (const { id, version } of filters) hash.update(`filter ${id} ${version}\n`)
  return `"${hash.digest('base64url').slice(0, 22)}"`
}
