import {
  checkOf,
  ProblemError,
  raise,
  SAVED_FILTER_LIMITS,
  SavedFilter,
  type SavedFilterDraft,
  type SavedFilterPatch,
  type ScanCriteria
} from '@tickstock/contracts'
import { type Selectable, sql, type Transaction } from 'kysely'
import type { Created, ExpectedVersion, ItemKey } from '../domain/owned-item.ts'
import type { SavedFilters } from '../domain/saved-filters.ts'
import type { Database } from './database.ts'
import { isDangling, isDuplicate } from './database-errors.ts'
import { createOnce } from './once.ts'
import { requireVersion } from './required-version.ts'
import type { Tables } from './tables.ts'

const COLUMNS = ['id', 'name', 'criteria', 'is_default', 'version', 'created_at', 'updated_at'] as const
const answer = checkOf(SavedFilter)

export class PostgresSavedFilters implements SavedFilters {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  create(user: string, draft: SavedFilterDraft, key?: string): Promise<Created<SavedFilter>> {
    const { name, criteria, is_default = false } = draft
    const request = ['filter', name, Object.entries(criteria).sort(), is_default]
    return this.#checked(user, draft, transaction =>
      createOnce(transaction, { user, key, answer, request }, async () => {
        const { count } = await transaction
          .selectFrom('user_filters')
          .select(eb => eb.cast<number>(eb.fn.countAll(), 'integer').as('count'))
          .where('user_id', '=', user)
          .executeTakeFirstOrThrow()
        if (count >= SAVED_FILTER_LIMITS.perUser) raise('limit_reached', `you have ${count} saved filters`)

        if (is_default) await clearDefault(transaction, user)
        const row = await transaction
          .insertInto('user_filters')
          .values({ user_id: user, name, criteria: JSON.stringify(criteria), is_default })
          .returning(COLUMNS)
          .executeTakeFirstOrThrow()
        return toFilter(row)
      })
    )
  }

  change(key: ItemKey, change: SavedFilterDraft | SavedFilterPatch, expected: ExpectedVersion): Promise<SavedFilter> {
    return this.#checked(key.user, change, async transaction => {
      const before = await held(transaction, key, expected)
      const { criteria, ...rest } = change
      if (rest.is_default && !before.is_default) await clearDefault(transaction, key.user)
      const row = await transaction
        .updateTable('user_filters')
        .set({ ...rest, ...(criteria && { criteria: JSON.stringify(criteria) }) })
        .set(COUNTED)
        .where('user_id', '=', key.user)
        .where('id', '=', key.id)
        .returning(COLUMNS)
        .executeTakeFirstOrThrow()
      return toFilter(row)
    })
  }

  delete(key: ItemKey, expected: ExpectedVersion): Promise<void> {
    return this.#database.writeAs(key.user, async transaction => {
      await held(transaction, key, expected)
      await transaction.deleteFrom('user_filters').where('user_id', '=', key.user).where('id', '=', key.id).execute()
    })
  }

  async #checked<Result>(
    user: string,
    { name, criteria }: { readonly name?: string; readonly criteria?: ScanCriteria },
    write: (transaction: Transaction<Tables>) => Promise<Result>
  ): Promise<Result> {
    try {
      return await this.#database.writeAs(user, write)
    } catch (error) {
      if (isDangling(error, 'user_filters_watchlist')) {
        raise('invalid_request', `you have no watchlist ${criteria?.watchlist}`, [
          { field: 'body.criteria.watchlist', expected: 'the id of one of your watchlists' }
        ])
      }
      if (name === undefined || !isDuplicate(error, 'user_filters_name_taken')) throw error
      const current = await this.#database.writeAs(user, transaction =>
        ofUser(transaction, user)
          .where(sql<boolean>`universe_name_folded(name) = universe_name_folded(${name})`)
          .executeTakeFirst()
      )
      throw new ProblemError('name_taken', `you have a saved filter ${name}`, {
        cause: error,
        ...(current && { current: toFilter(current) })
      })
    }
  }
}

/** A user's saved filters by name, read in a transaction of his. */
export async function selectFilters(transaction: Transaction<Tables>, user: string): Promise<SavedFilter[]> {
  const rows = await ofUser(transaction, user).orderBy(sql`lower(name)`).orderBy('id').execute()
  return rows.map(toFilter)
}

const ofUser = (transaction: Transaction<Tables>, user: string) =>
  transaction.selectFrom('user_filters').select(COLUMNS).where('user_id', '=', user)

const COUNTED = { version: sql<number>`version + 1`, updated_at: sql<Date>`now()` }

/** The index takes one default at a time: the old one goes first. */
async function clearDefault(transaction: Transaction<Tables>, user: string): Promise<void> {
  await transaction
    .updateTable('user_filters')
    .set({ is_default: false, ...COUNTED })
    .where('user_id', '=', user)
    .where('is_default', '=', true)
    .execute()
}

/** The filter as it stays until the transaction ends, if it is the version that was expected. */
async function held(
  transaction: Transaction<Tables>,
  { user, id }: ItemKey,
  expected: ExpectedVersion
): Promise<SavedFilter> {
  const row = await ofUser(transaction, user).where('id', '=', id).forUpdate().executeTakeFirst()
  const filter = row ? toFilter(row) : raise('filter_not_found', id)
  requireVersion(filter, expected)
  return filter
}

type Row = Pick<Selectable<Tables['user_filters']>, (typeof COLUMNS)[number]>

const toFilter = ({ created_at, updated_at, ...row }: Row): SavedFilter => ({
  ...row,
  created_at: created_at.getTime(),
  updated_at: updated_at.getTime()
})
