import { ProblemError } from '@tickstock/contracts'
import { Kysely, PostgresDialect, sql } from 'kysely'
import { databaseProblem } from './database-errors.ts'
import { createPool, type PoolOptions } from './pool.ts'
import type { Tables } from './tables.ts'

/**
 * Requests under way for each connection, of which all but one wait. At 3 ms each they take turns within 150 ms; more would
 * wait until they are of no use any more, and keep Postgres busy for nobody.
 */
const UNDER_WAY_EACH = 51

/** One role's way to one Postgres. */
export class Access {
  readonly #kysely: Kysely<Tables>
  readonly #most: number
  #underWay = 0

  constructor(options: PoolOptions) {
    this.#kysely = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: createPool(options) }) })
    this.#most = UNDER_WAY_EACH * options.size
  }

  /** @throws ProblemError `database_unavailable` when Postgres does not answer in time, or too many wait for it already */
  async run<Result>(work: (database: Kysely<Tables>) => Promise<Result>): Promise<Result> {
    if (this.#underWay >= this.#most) {
      throw new ProblemError('database_unavailable', 'Too many requests wait for Postgres')
    }
    this.#underWay += 1
    try {
      return await work(this.#kysely)
    } catch (error) {
      throw databaseProblem(error)
    } finally {
      this.#underWay -= 1
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
