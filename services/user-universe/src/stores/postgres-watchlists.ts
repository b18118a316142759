import { raise, WATCHLIST_LIMITS, type Watchlist, type WatchlistDraft, type WatchlistPatch } from '@tickstock/contracts'
import { type Selectable, sql, type Transaction } from 'kysely'
import type { ExpectedVersion, WatchlistKey, Watchlists } from '../domain/watchlists.ts'
import type { Database } from './database.ts'
import { isDuplicate } from './database-errors.ts'
import type { Tables } from './tables.ts'

const COLUMNS = ['id', 'name', 'symbols', 'version', 'created_at', 'updated_at'] as const

/** First key of the advisory locks that keep one user's creations in line; the second is the user's hash. */
const CREATION_LOCKS = 7_104

export class PostgresWatchlists implements Watchlists {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  list(user: string): Promise<Watchlist[]> {
    return this.#database.readAs(user, async transaction => {
      const rows = await transaction
        .selectFrom('user_watchlists')
        .select(COLUMNS)
        .where('user_id', '=', user)
        .orderBy(sql`lower(name)`)
        .orderBy('id')
        .execute()
      return rows.map(toWatchlist)
    })
  }

  get({ user, id }: WatchlistKey): Promise<Watchlist> {
    return this.#database.readAs(user, async transaction => {
      const row = await transaction
        .selectFrom('user_watchlists')
        .select(COLUMNS)
        .where('user_id', '=', user)
        .where('id', '=', id)
        .executeTakeFirst()
      return row ? toWatchlist(row) : raise('watchlist_not_found', id)
    })
  }

  create(user: string, { name, symbols }: WatchlistDraft): Promise<Watchlist> {
    return named(name, () =>
      this.#database.writeAs(user, async transaction => {
        // Counting and inserting are two steps: without the lock, two creations at once would both find room.
        await sql`SELECT pg_advisory_xact_lock(${CREATION_LOCKS}::int, hashtext(${user}))`.execute(transaction)
        const { count } = await transaction
          .selectFrom('user_watchlists')
          .select(eb => eb.cast<number>(eb.fn.countAll(), 'integer').as('count'))
          .where('user_id', '=', user)
          .executeTakeFirstOrThrow()
        if (count >= WATCHLIST_LIMITS.perUser) raise('limit_reached', `you have ${count} watchlists`)

        const row = await transaction
          .insertInto('user_watchlists')
          .values({ user_id: user, name, symbols })
          .returning(COLUMNS)
          .executeTakeFirstOrThrow()
        return toWatchlist(row)
      })
    )
  }

  change(key: WatchlistKey, change: WatchlistDraft | WatchlistPatch, expected: ExpectedVersion): Promise<Watchlist> {
    return named(change.name, () =>
      this.#database.writeAs(key.user, async transaction => {
        // One statement finds the version and leaves it: of changes made at once for one version, one takes the row.
        const row = await transaction
          .updateTable('user_watchlists')
          .set(change)
          .set(eb => ({ version: eb('version', '+', 1), updated_at: sql<Date>`now()` }))
          .where('user_id', '=', key.user)
          .where('id', '=', key.id)
          .$if(expected !== undefined, query => query.where(versionIs(expected)))
          .returning(COLUMNS)
          .executeTakeFirst()
        return row ? toWatchlist(row) : raiseWhyNot(transaction, key, expected)
      })
    )
  }

  delete(key: WatchlistKey, expected: ExpectedVersion): Promise<void> {
    return this.#database.writeAs(key.user, async transaction => {
      const row = await transaction
        .deleteFrom('user_watchlists')
        .where('user_id', '=', key.user)
        .where('id', '=', key.id)
        .$if(expected !== undefined, query => query.where(versionIs(expected)))
        .returning('id')
        .executeTakeFirst()
      if (!row) await raiseWhyNot(transaction, key, expected)
    })
  }
}

type Row = Pick<Selectable<Tables['user_watchlists']>, (typeof COLUMNS)[number]>

const toWatchlist = ({ created_at, updated_at, ...row }: Row): Watchlist => ({
  ...row,
  created_at: created_at.getTime(),
  updated_at: updated_at.getTime()
})

/** As bigint: a caller may name a version that no integer holds. */
const versionIs = (expected: ExpectedVersion) => sql<boolean>`version = ${expected}::bigint`

/** No row was changed: it is not there, or it is another version by now. */
async function raiseWhyNot(
  transaction: Transaction<Tables>,
  { user, id }: WatchlistKey,
  expected: ExpectedVersion
): Promise<never> {
  const row = await transaction
    .selectFrom('user_watchlists')
    .select('version')
    .where('user_id', '=', user)
    .where('id', '=', id)
    .executeTakeFirst()
  if (!row) raise('watchlist_not_found', id)
  raise('version_mismatch', `it is version ${row.version}, not ${expected}`)
}

async function named<Result>(name: string | undefined, write: () => Promise<Result>): Promise<Result> {
  try {
    return await write()
  } catch (error) {
    if (isDuplicate(error, 'user_watchlists_name_taken')) raise('name_taken', `you have a watchlist ${name}`)
    throw error
  }
}
