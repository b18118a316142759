import type { Universe } from '@tickstock/contracts'
import type { Transaction } from 'kysely'
import { selectFilters } from './postgres-saved-filters.ts'
import { selectWatchlists } from './postgres-watchlists.ts'
import type { Tables } from './tables.ts'

/** All that is a user's own, read in a transaction of his. */
export async function selectUniverse(transaction: Transaction<Tables>, user: string): Promise<Universe> {
  const watchlists = await selectWatchlists(transaction, user)
  const filters = await selectFilters(transaction, user)
  return { watchlists, filters }
}
