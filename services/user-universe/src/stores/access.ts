import { ProblemError } from '@tickstock/contracts'
import { Kysely, PostgresDialect, sql } from 'kysely'
import type pg from 'pg'
import { databaseProblem } from './database-errors.ts'
import { createPool, type PoolOptions } from './pool.ts'
import type { Tables } from './tables.ts'

/**
 * Requests that may wait for each connection. At 3 ms each they take turns within 150 ms; more would wait until they are of
 * no use any more, and keep Postgres busy for nobody.
 */
const WAITING_EACH = 50

/** One role's way to one Postgres. */
export class Access {
  readonly #pool: pg.Pool
  readonly #kysely: Kysely<Tables>
  readonly #waiting: number

  constructor(options: PoolOptions) {
    this.#pool = createPool(options)
    this.#kysely = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: this.#pool }) })
    this.#waiting = WAITING_EACH * options.size
  }

  /** @throws ProblemError `database_unavailable` when Postgres does not answer in time, or too many wait for it already */
  async run<Result>(work: (database: Kysely<Tables>) => Promise<Result>): Promise<Result> {
    if (this.#pool.waitingCount >= this.#waiting) {
      throw new ProblemError('database_unavailable', 'Too many requests wait for Postgres')
    }
    try {
      return await work(this.#kysely)
    } catch (error) {
      throw databaseProblem(error)
    }
  }

  /** Passes when it answers. */
  async ping(): Promise<void> {
    await this.run(database => sql`SELECT 1`.execute(database))
  }

  close(): Promise<void> {
    return this.#kysely.destroy()
  }
}
