import type { ScanCriteria } from '@tickstock/contracts'
import { sql, type Transaction } from 'kysely'
import type { PlannedItem } from '../domain/planned-item.ts'
import type { Tables } from './tables.ts'

const COUNTED = { version: sql<number>`version + 1`, updated_at: sql<Date>`now()` }

/** Writes a watchlist of a file as it was planned; a skipped one is left alone. @returns its id */
export async function writeWatchlist(
  transaction: Transaction<Tables>,
  user: string,
  { name, known, outcome }: PlannedItem,
  symbols: string[]
): Promise<string> {
  if (known && outcome === 'skipped') return known.id
  const { id } = known
    ? await transaction
        .updateTable('user_watchlists')
        .set({ name, symbols, ...COUNTED })
        .where('user_id', '=', user)
        .where('id', '=', known.id)
        .returning('id')
        .executeTakeFirstOrThrow()
    : await transaction
        .insertInto('user_watchlists')
        .values({ user_id: user, name, symbols })
        .returning('id')
        .executeTakeFirstOrThrow()
  return id
}

/** Writes a saved filter of a file as it was planned; one that is replaced stays the default if it is. @returns its id */
export async function writeFilter(
  transaction: Transaction<Tables>,
  user: string,
  { name, known, outcome }: PlannedItem,
  { criteria, is_default }: { readonly criteria: ScanCriteria; readonly is_default: boolean }
): Promise<string> {
  if (known && outcome === 'skipped') return known.id
  const written = { name, criteria: JSON.stringify(criteria), is_default: is_default || (known?.is_default ?? false) }
  const { id } = known
    ? await transaction
        .updateTable('user_filters')
        .set({ ...written, ...COUNTED })
        .where('user_id', '=', user)
        .where('id', '=', known.id)
        .returning('id')
        .executeTakeFirstOrThrow()
    : await transaction
        .insertInto('user_filters')
        .values({ user_id: user, ...written })
        .returning('id')
        .executeTakeFirstOrThrow()
  return id
}
