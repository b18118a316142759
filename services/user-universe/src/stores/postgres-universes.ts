import type { Universe } from '@tickstock/contracts'
import type { Reading, Universes } from '../domain/universes.ts'
import type { Database } from './database.ts'
import { selectUniverse } from './select-universe.ts'

/** Universes as Postgres has them at the moment. */
export class PostgresUniverses implements Universes {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async of(user: string): Promise<Reading<Universe>> {
    const value = await this.#database.readAs(user, transaction => selectUniverse(transaction, user))
    return { value, ageMs: 0, stale: false }
  }
}
