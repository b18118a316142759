import { ProblemError } from '@tickstock/contracts'
import { type Kysely, sql } from 'kysely'
import type { Access } from './access.ts'
import type { Tables } from './tables.ts'

/** How long a replica that does not answer is left alone, ms. */
const LEFT_ALONE = 1_000

/** Where a read went, and why not to a replica. */
export type ReadPlace = 'primary' | 'replica' | 'lagging' | 'away'

interface Replica {
  readonly access: Access
  awayUntil: number
}

/** Copies of the primary, in turns. Whatever one cannot answer is for the primary. */
export class Replicas {
  readonly #replicas: readonly Replica[]
  readonly #went: (place: ReadPlace) => void
  #turn = 0

  constructor(accesses: readonly Access[], went: (place: ReadPlace) => void) {
    this.#replicas = accesses.map(access => ({ access, awayUntil: 0 }))
    this.#went = went
  }

  get none(): boolean {
    return this.#replicas.length === 0
  }

  /**
   * Reads from a replica that has everything up to a place in the journal (LSN).
   *
   * @param since undefined takes whatever it has
   * @returns undefined when that one lags or is away
   */
  async read<Result>(
    since: string | undefined,
    work: (database: Kysely<Tables>) => Promise<Result>
  ): Promise<{ readonly result: Result } | undefined> {
    const replica = this.#next()
    if (replica === undefined) return undefined
    try {
      const answer = await replica.access.run(database =>
        // On one connection, and before the transaction: its snapshot must not be older than what was found.
        database.connection().execute(async connection => {
          if (since !== undefined && !(await hasReplayed(connection, since))) return undefined
          return { result: await work(connection) }
        })
      )
      this.#went(answer ? 'replica' : 'lagging')
      return answer
    } catch (error) {
      if (!(error instanceof ProblemError && error.code === 'database_unavailable')) throw error
      replica.awayUntil = performance.now() + LEFT_ALONE
      this.#went('away')
      return undefined
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#replicas.map(({ access }) => access.close()))
  }

  #next(): Replica | undefined {
    const here = this.#replicas.filter(({ awayUntil }) => awayUntil <= performance.now())
    this.#turn += 1
    return here[this.#turn % here.length]
  }
}

/** False also of a server that follows nobody: it may have been left behind on another journal. */
async function hasReplayed(connection: Kysely<Tables>, since: string): Promise<boolean> {
  const { rows } = await sql<{ replayed: boolean | null }>`
    SELECT pg_is_in_recovery() AND pg_last_wal_replay_lsn() >= ${since}::pg_lsn AS replayed`.execute(connection)
  return rows[0]?.replayed === true
}
