import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { Kysely, PostgresDialect, sql } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import pg from 'pg'

/** How long a job waits for another to end, ms. */
const TURN_WITHIN = 60_000
const CONNECT_WITHIN = 10_000
const TURN_LOCK = 7_103

const FOLDER = fileURLToPath(new URL('../../migrations', import.meta.url))

/**
 * Brings the tables up to date: every file of `migrations/` that has not run yet, in the order of their numbers, all or
 * none. Jobs that run at once take turns.
 *
 * @param url of the tables' owner
 * @returns the names of the migrations that ran
 */
export async function migrateTables(url: string): Promise<string[]> {
  const turn = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_WITHIN,
    lock_timeout: TURN_WITHIN
  })
  await turn.connect()
  try {
    // Kysely's own lock begins after it has made its tables, which two jobs on a new database would do at once.
    await turn.query('SELECT pg_advisory_lock($1)', [TURN_LOCK])
    return await migrate(url)
  } finally {
    await turn.end()
  }
}

async function migrate(url: string): Promise<string[]> {
  const pool = new pg.Pool({ connectionString: url, max: 1, connectionTimeoutMillis: CONNECT_WITHIN })
  const database = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) })
  try {
    const migrator = new Migrator({ db: database, provider: { getMigrations: readMigrations } })
    const { error, results = [] } = await migrator.migrateToLatest()
    if (error !== undefined)
      throw new MigrationError(results.find(({ status }) => status === 'Error')?.migrationName, error)
    return results.map(({ migrationName }) => migrationName)
  } finally {
    await database.destroy()
  }
}

/** A migration did not go through; nothing of it is left. */
class MigrationError extends Error {
  override readonly name = 'MigrationError'
  constructor(migration: string | undefined, cause: unknown) {
    super(`${migration ?? 'the migrations'}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}

async function readMigrations(): Promise<Record<string, Migration>> {
  const files = (await readdir(FOLDER)).filter(name => name.endsWith('.sql'))
  const migrations = await Promise.all(
    files.map(async file => [file.slice(0, -'.sql'.length), migrationOf(await readFile(`${FOLDER}/${file}`, 'utf8'))])
  )
  return Object.fromEntries(migrations)
}

const migrationOf = (text: string): Migration => ({
  up: async database => {
    await sql.raw(text).execute(database)
  }
})
