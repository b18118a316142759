import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startPostgres } from '@tickstock/test-kit'
import pg from 'pg'
import type { Cleanup } from './cleanup.ts'

const MIGRATE = fileURLToPath(new URL('../../services/user-universe/src/migrate.ts', import.meta.url))

const ROLES = { owner: 'bench_owner', reader: 'bench_reader', writer: 'bench_writer', relay: 'bench_relay' } as const

/** What Postgres itself counted. */
export interface Work {
  /** Reads of a user's watchlists that the reader's role made: one for each universe read. */
  readonly universes: number
  /** All statements of all roles, and the rows they gave or changed. */
  readonly statements: number
  readonly rows: number
}

/**
 * Creates a database with the tables and roles of user-universe, and lists symbols in it.
 *
 * @param url of the superuser
 * @returns the environment of user-universe, and how to list symbols
 */
export async function createUniverse(url: string) {
  await withClient(url, async superuser => {
    await superuser.query(`CREATE ROLE ${ROLES.owner} LOGIN CREATEROLE PASSWORD 'bench'`)
    await superuser.query(`CREATE DATABASE bench OWNER ${ROLES.owner}`)
  })
  const as = (role: keyof typeof ROLES) =>
    Object.assign(new URL(url), { username: ROLES[role], password: 'bench', pathname: '/bench' }).href
  const env = {
    DATABASE_READ_URL: as('reader'),
    DATABASE_WRITE_URL: as('writer'),
    DATABASE_RELAY_URL: as('relay')
  }
  await promisify(execFile)(process.execPath, ['--conditions=@tickstock/source', MIGRATE], {
    env: { ...process.env, ...env, DATABASE_OWNER_URL: as('owner') }
  })
  const symbols = (names: readonly string[]) =>
    withClient(as('owner'), owner =>
      owner.query('INSERT INTO symbols (symbol, name) SELECT name, name FROM unnest($1::text[]) AS name', [names])
    )
  return { env, symbols }
}

/** A Postgres that counts its statements (pg_stat_statements), with the tables and roles of user-universe. */
export async function universeDatabase(cleanup: Cleanup) {
  const server = await startPostgres(cleanup, {
    settings: { shared_preload_libraries: 'pg_stat_statements', 'pg_stat_statements.track_utility': 'off' }
  })
  const superuser = new pg.Client({ connectionString: server.url })
  superuser.on('error', () => undefined)
  await superuser.connect()
  cleanup.teardown(() => superuser.end())
  await superuser.query('CREATE EXTENSION pg_stat_statements')
  const { env, symbols } = await createUniverse(server.url)

  const count = async (): Promise<Work> => {
    const { rows } = await superuser.query<Work>(
      `SELECT coalesce(sum(calls) FILTER (WHERE rolname = $1 AND query LIKE '%from "user_watchlists"%'), 0)::int AS universes,
              coalesce(sum(calls), 0)::int AS statements, coalesce(sum(rows), 0)::int AS rows
       FROM pg_stat_statements JOIN pg_roles ON pg_roles.oid = userid WHERE rolname = ANY($2)`,
      [ROLES.reader, Object.values(ROLES)]
    )
    return rows[0] ?? { universes: 0, statements: 0, rows: 0 }
  }
  const reset = () => superuser.query('SELECT pg_stat_statements_reset()')
  return { env, count, reset, symbols }
}

async function withClient(connectionString: string, use: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString })
  await client.connect()
  try {
    await use(client)
  } finally {
    await client.end()
  }
}
