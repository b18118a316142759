import type { Logger } from '@tickstock/service-kit'
import { type Kysely, sql, type Transaction } from 'kysely'
import type { Config } from '../config.ts'
import { Access } from './access.ts'
import { PATIENCE } from './pool.ts'
import { type ReadPlace, Replicas } from './replicas.ts'
import type { Tables } from './tables.ts'
import { WriteTurns } from './write-turns.ts'

/** The name under which policies read whose transaction it is. */
const USER_SETTING = 'tickstock.user_id'

/** First key of the advisory locks that keep one user's writes in line; the second is the user's hash. */
const WRITE_LOCKS = 7_104

/** Writes of one user that wait, in one process, for the one before them. */
const WAITING_WRITES = 20

type Work<Result> = (transaction: Transaction<Tables>) => Promise<Result>

/** What was read. `lsn` is a place in Postgres' journal that it is not older than, where anybody asks for that. */
export interface Loaded<Value> {
  readonly value: Value
  readonly lsn?: string | undefined
}

/** A write that is done. `lsn` is where Postgres' journal stands after it, where anybody asks for that. */
interface Written<Result> {
  readonly result: Result
  readonly lsn?: string | undefined
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

export interface DatabaseOptions {
  readonly witness?: WriteWitness | undefined
  /** Told where each read went. */
  readonly readFrom?: (place: ReadPlace) => void
}

type DatabaseConfig = Pick<
  Config,
  'DATABASE_READ_URL' | 'DATABASE_REPLICA_URLS' | 'DATABASE_WRITE_URL' | 'DATABASE_POOL_SIZE'
>

/**
 * Two ways to Postgres: a reader whose role and transactions can only read, and a writer whose role may touch what is
 * of users alone; and the reader's ways to copies of it, where there are any. Whatever is of a user runs in a transaction
 * that says whose it is, which row level security holds it to. All throw ProblemError `database_unavailable` when Postgres
 * does not answer in time.
 */
export class Database {
  readonly #reader: Access
  readonly #replicas: Replicas
  readonly #writer: Access
  readonly #turns = new WriteTurns({ most: WAITING_WRITES, within: PATIENCE.turn })
  readonly #witness: WriteWitness
  readonly #readFrom: (place: ReadPlace) => void

  constructor(
    config: DatabaseConfig,
    logger: Logger,
    { witness = UNWITNESSED, readFrom = () => undefined }: DatabaseOptions = {}
  ) {
    const open = (url: string, name: string, readOnly: boolean) =>
      new Access({ url, name: `user-universe ${name}`, size: config.DATABASE_POOL_SIZE, readOnly, logger })
    this.#reader = open(config.DATABASE_READ_URL, 'reader', true)
    const replicas = config.DATABASE_REPLICA_URLS?.split(',') ?? []
    this.#replicas = new Replicas(
      replicas.map(url => open(url, 'replica reader', true)),
      readFrom
    )
    this.#writer = open(config.DATABASE_WRITE_URL, 'writer', false)
    this.#witness = witness
    this.#readFrom = readFrom
  }

  /** Reads what is everybody's, which may be a moment old. Each statement is a read-only transaction of its own. */
  async read<Result>(work: (reader: Kysely<Tables>) => Promise<Result>): Promise<Result> {
    if (!this.#replicas.none) {
      const answer = await this.#replicas.read(undefined, work)
      if (answer) return answer.result
    }
    this.#readFrom('primary')
    return this.#reader.run(work)
  }

  /** Reads as a user, in one read-only transaction: all of it sees one moment. */
  async readAs<Result>(user: string, work: Work<Result>): Promise<Result> {
    this.#readFrom('primary')
    return this.#reader.run(database => readOnly(database, user, work))
  }

  /**
   * The same, from a copy where one has everything up to a place in the journal (LSN). Where the place is not known, the user may have
   * written just now: the primary answers, and says where it stands.
   */
  async readSince<Result>(since: string | undefined, user: string, work: Work<Result>): Promise<Loaded<Result>> {
    if (this.#replicas.none) return { value: await this.readAs(user, work) }
    if (since !== undefined) {
      const answer = await this.#replicas.read(since, database => readOnly(database, user, work))
      if (answer) return { value: answer.result, lsn: since }
    }
    return this.readAs(user, async transaction => {
      const value = await work(transaction)
      return { value, lsn: await journalEnd(transaction) }
    })
  }

  /**
   * Writes as a user, in one transaction. A user's writes take turns, so that what one looks at (how many there are,
   * which is the default) is so until it ends, and their changes leave in the order of their commits. The turns of this
   * process are taken before a connection is, those of all processes in Postgres.
   *
   * @throws ProblemError `too_many_requests` when too many of the user's writes wait already
   */
  async writeAs<Result>(user: string, work: Work<Result>): Promise<Result> {
    const commit = (atEnd: Work<void>) =>
      this.#writer.run(database =>
        database.connection().execute(async connection => {
          const result = await connection.transaction().execute(async transaction => {
            await sql`
              SELECT set_config(${USER_SETTING}, ${user}, true),
                     pg_advisory_xact_lock(${WRITE_LOCKS}::int, hashtext(${user}))`.execute(transaction)
            const result = await work(transaction)
            await atEnd(transaction)
            return result
          })
          return this.#replicas.none ? { result } : { result, lsn: await journalEnd(connection).catch(unknown) }
        })
      )
    return this.#witness.around(user, atEnd => this.#turns.take(user, () => commit(atEnd)))
  }

  /** Writes as nobody. Row level security then lets be done only what is anybody's to do: housekeeping. */
  async write<Result>(work: (writer: Kysely<Tables>) => Promise<Result>): Promise<Result> {
    return this.#writer.run(work)
  }

  /** Passes when the reader answers. */
  pingReader(): Promise<void> {
    return this.#reader.ping()
  }

  /** Passes when the writer answers. */
  pingWriter(): Promise<void> {
    return this.#writer.ping()
  }

  async close(): Promise<void> {
    await Promise.all([this.#reader.close(), this.#writer.close(), this.#replicas.close()])
  }
}

function readOnly<Result>(database: Kysely<Tables>, user: string, work: Work<Result>): Promise<Result> {
  return database
    .transaction()
    .setAccessMode('read only')
    .setIsolationLevel('repeatable read')
    .execute(async transaction => {
      await sql`SELECT set_config(${USER_SETTING}, ${user}, true)`.execute(transaction)
      return work(transaction)
    })
}

/** Where the primary's journal ends now: behind every commit so far. */
async function journalEnd(database: Kysely<Tables>): Promise<string | undefined> {
  const { rows } = await sql<{ lsn: string }>`SELECT pg_current_wal_insert_lsn()::text AS lsn`.execute(database)
  return rows[0]?.lsn
}

/** The write is done. That nobody knows where it stands sends its user's next read to the primary. */
const unknown = () => undefined
