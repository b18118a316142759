import type { UniverseChange } from '@tickstock/contracts'
import type { Logger } from '@tickstock/service-kit'
import { Kysely, PostgresDialect, sql } from 'kysely'
import { createPool } from './pool.ts'
import type { Tables } from './tables.ts'

/** Who relays now, of all replicas. */
const RELAY_LOCK = 7_106

/** One to relay with, one to ask with. */
const CONNECTIONS = 2

/** Edits that are committed, and not yet in the stream of changes. */
export class Outbox {
  readonly #relay: Kysely<Tables>

  /** @param url of the relay's role */
  constructor(url: string, logger: Logger) {
    const pool = createPool({ url, name: 'user-universe relay', size: CONNECTIONS, readOnly: false, logger })
    this.#relay = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
  }

  /**
   * Gives the oldest edits, in the order of their commits for each user, and removes them once that is done; if it is not, they stay. One replica at
   * a time does it.
   *
   * @returns how many there were; undefined when it is another replica's turn
   */
  take(limit: number, publish: (changes: readonly UniverseChange[]) => Promise<void>): Promise<number | undefined> {
    return this.#relay.transaction().execute(async transaction => {
      const { rows: turns } = await sql<{ mine: boolean }>`
        SELECT pg_try_advisory_xact_lock(${RELAY_LOCK}) AS mine`.execute(transaction)
      if (turns[0]?.mine !== true) return undefined

      const rows = await transaction
        .deleteFrom('universe_outbox')
        .where('id', 'in', eb => eb.selectFrom('universe_outbox').select('id').orderBy('id').limit(limit))
        .returning(['id', 'user_id', 'kind', 'item_id', 'version', 'deleted', 'at'])
        .execute()
      if (rows.length > 0) {
        const changes = rows
          .sort((one, other) => Number(BigInt(one.id) - BigInt(other.id)))
          .map(({ user_id, item_id, at, kind, version, deleted }) => {
            return { user: user_id, kind, id: item_id, version, deleted, at: at.getTime() }
          })
        await publish(changes)
      }
      return rows.length
    })
  }

  /** Whether something of a user's waits. */
  async holds(user: string): Promise<boolean> {
    const row = await this.#relay
      .selectFrom('universe_outbox')
      .select('id')
      .where('user_id', '=', user)
      .limit(1)
      .executeTakeFirst()
    return row !== undefined
  }

  /** For how long the oldest has waited, ms; 0 when nothing waits. */
  async age(): Promise<number> {
    const { rows } = await sql<{ age: number | null }>`
      SELECT (extract(epoch FROM clock_timestamp() - min(at)) * 1000)::float8 AS age FROM universe_outbox`.execute(
      this.#relay
    )
    return rows[0]?.age ?? 0
  }

  close(): Promise<void> {
    return this.#relay.destroy()
  }
}
