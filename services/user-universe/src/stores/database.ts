import type { Logger } from '@tickstock/service-kit'
import { Kysely, PostgresDialect, sql, type Transaction } from 'kysely'
import type { Config } from '../config.ts'
import { databaseProblem } from './database-errors.ts'
import { createPool } from './pool.ts'
import type { Tables } from './tables.ts'

/** The name under which policies read whose transaction it is. */
const USER_SETTING = 'tickstock.user_id'

/** First key of the advisory locks that keep one user's writes in line; the second is the user's hash. */
const WRITE_LOCKS = 7_104

type Work<Result> = (transaction: Transaction<Tables>) => Promise<Result>

/** What was read. `lsn` is a place in Postgres' journal that it is not older than, where anybody asks for that. */
export interface Loaded<Value> {
  readonly value: Value
  readonly lsn?: string | undefined
}

/** A write that is done. `lsn` is where Postgres' journal stands after it, where anybody asks for that. */
export interface Written<Result> {
  readonly result: Result
  readonly lsn?: string
}

/** Stands around every write of a user, so that none can be forgotten by whoever remembers what users have. */
export interface WriteWitness {
  /**
   * Makes the write and gives its result. What `write` is given runs at the end of its transaction.
   * Must reject as `write` does, and with nothing else.
   */
  around<Result>(user: string, write: (atEnd: Work<void>) => Promise<Written<Result>>): Promise<Result>
}

/** Nobody remembers anything. */
const UNWITNESSED: WriteWitness = {
  around: async (_user, write) => (await write(async () => undefined)).result
}

/**
 * Two ways to Postgres: a reader whose role and transactions can only read, and a writer whose role may touch what is
 * of users alone. Whatever is of a user runs in a transaction that says whose it is, which row level security
 * holds it to. All throw ProblemError `database_unavailable` when Postgres does not answer in time.
 */
export class Database {
  readonly #reader: Kysely<Tables>
  readonly #writer: Kysely<Tables>
  readonly #witness: WriteWitness

  constructor(
    config: Pick<Config, 'DATABASE_READ_URL' | 'DATABASE_WRITE_URL' | 'DATABASE_POOL_SIZE'>,
    logger: Logger,
    witness: WriteWitness = UNWITNESSED
  ) {
    this.#witness = witness
    const pool = { size: config.DATABASE_POOL_SIZE, logger }
    const open = (url: string, name: string, readOnly: boolean) =>
      new Kysely<Tables>({ dialect: new PostgresDialect({ pool: createPool({ ...pool, url, name, readOnly }) }) })
    this.#reader = open(config.DATABASE_READ_URL, 'user-universe reader', true)
    this.#writer = open(config.DATABASE_WRITE_URL, 'user-universe writer', false)
  }

  /** Reads what is everybody's. Each statement is a read-only transaction of its own. */
  async read<Result>(work: (reader: Kysely<Tables>) => Promise<Result>): Promise<Result> {
    return guarded(() => work(this.#reader))
  }

  /** Reads as a user, in one read-only transaction: all of it sees one moment. */
  async readAs<Result>(user: string, work: Work<Result>): Promise<Result> {
    return guarded(() =>
      this.#reader
        .transaction()
        .setAccessMode('read only')
        .setIsolationLevel('repeatable read')
        .execute(async transaction => {
          await sql`SELECT set_config(${USER_SETTING}, ${user}, true)`.execute(transaction)
          return work(transaction)
        })
    )
  }

  /** The same, from what is not older than a place in Postgres' journal (LSN). */
  async readSince<Result>(_since: string | undefined, user: string, work: Work<Result>): Promise<Loaded<Result>> {
    return { value: await this.readAs(user, work) }
  }

  /**
   * Writes as a user, in one transaction. A user's writes take turns, so that what one looks at (how many there are,
   * which is the default) is so until it ends, and their changes leave in the order of their commits.
   */
  async writeAs<Result>(user: string, work: Work<Result>): Promise<Result> {
    const write = (atEnd: Work<void>) =>
      this.#writer.transaction().execute(async transaction => {
        await sql`
          SELECT set_config(${USER_SETTING}, ${user}, true), pg_advisory_xact_lock(${WRITE_LOCKS}::int, hashtext(${user}))
        `.execute(transaction)
        const result = await work(transaction)
        await atEnd(transaction)
        return { result }
      })
    return guarded(() => this.#witness.around(user, write))
  }

  /** Passes when the reader answers. */
  async pingReader(): Promise<void> {
    await guarded(() => sql`SELECT 1`.execute(this.#reader))
  }

  /** Passes when the writer answers. */
  async pingWriter(): Promise<void> {
    await guarded(() => sql`SELECT 1`.execute(this.#writer))
  }

  async close(): Promise<void> {
    await Promise.all([this.#reader.destroy(), this.#writer.destroy()])
  }
}

async function guarded<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    throw databaseProblem(error)
  }
}
