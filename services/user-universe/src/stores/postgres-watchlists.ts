import {
  checkOf,
  ProblemError,
  raise,
  WATCHLIST_LIMITS,
  Watchlist,
  type WatchlistDraft,
  type WatchlistPatch
} from '@tickstock/contracts'
import { type Selectable, sql, type Transaction } from 'kysely'
import { editedSymbols } from '../domain/edited-symbols.ts'
import type { Created, ExpectedVersion, ItemKey } from '../domain/owned-item.ts'
import type { Watchlists } from '../domain/watchlists.ts'
import type { Database } from './database.ts'
import { isDuplicate } from './database-errors.ts'
import { createOnce } from './once.ts'
import { requireListed } from './require-listed.ts'
import { requireVersion } from './required-version.ts'
import type { Tables } from './tables.ts'

const COLUMNS = ['id', 'name', 'symbols', 'version', 'created_at', 'updated_at'] as const
const answer = checkOf(Watchlist)

export class PostgresWatchlists implements Watchlists {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  create(user: string, draft: WatchlistDraft, key?: string): Promise<Created<Watchlist>> {
    const { name, symbols } = draft
    return this.#named(user, name, transaction =>
      createOnce(transaction, { user, key, answer, request: ['watchlist', name, symbols] }, async () => {
        const { count } = await transaction
          .selectFrom('user_watchlists')
          .select(eb => eb.cast<number>(eb.fn.countAll(), 'integer').as('count'))
          .where('user_id', '=', user)
          .executeTakeFirstOrThrow()
        if (count >= WATCHLIST_LIMITS.perUser) raise('limit_reached', `you have ${count} watchlists`)
        await requireListed(transaction, { symbols, field: 'body.symbols' })

        const row = await transaction
          .insertInto('user_watchlists')
          .values({ user_id: user, name, symbols })
          .returning(COLUMNS)
          .executeTakeFirstOrThrow()
        return toWatchlist(row)
      })
    )
  }

  change(key: ItemKey, change: WatchlistDraft | WatchlistPatch, expected: ExpectedVersion): Promise<Watchlist> {
    return this.#named(key.user, change.name, async transaction => {
      const before = await held(transaction, key, expected)
      const symbols = await symbolsAfter(transaction, before, change)
      const row = await transaction
        .updateTable('user_watchlists')
        .set({ symbols, ...(change.name !== undefined && { name: change.name }) })
        .set({ version: sql`version + 1`, updated_at: sql`now()` })
        .where('user_id', '=', key.user)
        .where('id', '=', key.id)
        .returning(COLUMNS)
        .executeTakeFirstOrThrow()
      return toWatchlist(row)
    })
  }

  delete(key: ItemKey, expected: ExpectedVersion): Promise<void> {
    return this.#database.writeAs(key.user, async transaction => {
      await held(transaction, key, expected)
      const filters = await transaction
        .selectFrom('user_filters')
        .select(['id', 'name'])
        .where('user_id', '=', key.user)
        .where('watchlist_id', '=', key.id)
        .execute()
      if (filters.length > 0) {
        const names = filters.map(({ name }) => name).join(', ')
        throw new ProblemError('watchlist_in_use', `saved filters look in it: ${names}`, { current: { filters } })
      }
      await transaction.deleteFrom('user_watchlists').where('user_id', '=', key.user).where('id', '=', key.id).execute()
    })
  }

  async #named<Result>(
    user: string,
    name: string | undefined,
    write: (transaction: Transaction<Tables>) => Promise<Result>
  ): Promise<Result> {
    try {
      return await this.#database.writeAs(user, write)
    } catch (error) {
      if (name === undefined || !isDuplicate(error, 'user_watchlists_name_taken')) throw error
      const current = await this.#database.writeAs(user, transaction =>
        ofUser(transaction, user)
          .where(sql<boolean>`universe_name_folded(name) = universe_name_folded(${name})`)
          .executeTakeFirst()
      )
      throw new ProblemError('name_taken', `you have a watchlist ${name}`, {
        cause: error,
        ...(current && { current: toWatchlist(current) })
      })
    }
  }
}

/** A user's watchlists by name, read in a transaction of his. */
export async function selectWatchlists(transaction: Transaction<Tables>, user: string): Promise<Watchlist[]> {
  const rows = await ofUser(transaction, user).orderBy(sql`lower(name)`).orderBy('id').execute()
  return rows.map(toWatchlist)
}

const ofUser = (transaction: Transaction<Tables>, user: string) =>
  transaction.selectFrom('user_watchlists').select(COLUMNS).where('user_id', '=', user)

/** The watchlist as it stays until the transaction ends, if it is the version that was expected. */
async function held(
  transaction: Transaction<Tables>,
  { user, id }: ItemKey,
  expected: ExpectedVersion
): Promise<Watchlist> {
  const row = await ofUser(transaction, user).where('id', '=', id).forUpdate().executeTakeFirst()
  const watchlist = row ? toWatchlist(row) : raise('watchlist_not_found', id)
  requireVersion(watchlist, expected)
  return watchlist
}

async function symbolsAfter(
  transaction: Transaction<Tables>,
  before: Watchlist,
  { symbols, ...edit }: WatchlistPatch
): Promise<string[]> {
  const given = symbols ? { symbols, field: 'body.symbols' } : { symbols: edit.add ?? [], field: 'body.add' }
  await requireListed(transaction, given, before.symbols)
  return symbols ?? editedSymbols(before.symbols, edit)
}

type Row = Pick<Selectable<Tables['user_watchlists']>, (typeof COLUMNS)[number]>

const toWatchlist = ({ created_at, updated_at, ...row }: Row): Watchlist => ({
  ...row,
  created_at: created_at.getTime(),
  updated_at: updated_at.getTime()
})
