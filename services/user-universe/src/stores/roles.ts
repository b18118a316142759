import pg from 'pg'
import type { MigrateConfig } from '../config.ts'

/** A role is not what the service may run under. The message is for the operator. */
class RoleError extends Error {
  override readonly name = 'RoleError'
}

interface Role {
  readonly name: string
  readonly password: string
  readonly grants: readonly string[]
}

const SCHEMA = 'public'
const TABLES = 'symbols, user_watchlists, user_filters, universe_outbox, idempotency_keys'
const CREATION_LOCK = 7_105

/**
 * Makes the roles that the service and the producer log in with, where they are missing, and gives them what they need and no more.
 * A role that is there keeps its password.
 *
 * @returns the names of the roles that were made
 * @throws RoleError when one could see more than its own user's rows, or cannot log in
 */
export async function prepareRoles(config: MigrateConfig): Promise<string[]> {
  const { DATABASE_RELAY_URL, DATABASE_PRODUCER_URL } = config
  const relay = DATABASE_RELAY_URL === undefined ? undefined : roleOf(DATABASE_RELAY_URL, RELAY_GRANTS)
  const producer = DATABASE_PRODUCER_URL === undefined ? undefined : roleOf(DATABASE_PRODUCER_URL, PRODUCER_GRANTS)
  const roles = [
    roleOf(config.DATABASE_READ_URL, READER_GRANTS),
    roleOf(config.DATABASE_WRITE_URL, WRITER_GRANTS),
    relay,
    producer
  ].filter(role => role !== undefined)
  const owner = new pg.Client({ connectionString: config.DATABASE_OWNER_URL, connectionTimeoutMillis: 10_000 })
  await owner.connect()
  try {
    await owner.query('BEGIN')
    await owner.query('SELECT pg_advisory_xact_lock($1)', [CREATION_LOCK])
    await refuseShared(owner, roles)
    const made: string[] = []
    for (const role of roles) if (await prepareRole(owner, role)) made.push(role.name)
    await denyTemporaryTables(owner, roles)
    if (relay) await admitRelay(owner, relay)
    await owner.query('COMMIT')
    return made
  } finally {
    await owner.end()
  }
}

const READER_GRANTS = ['SELECT ON symbols, user_watchlists, user_filters']
const WRITER_GRANTS = [
  // To refuse what is not listed, in the transaction that would write it.
  'SELECT (symbol) ON symbols',
  'SELECT, INSERT, DELETE ON user_watchlists, user_filters, idempotency_keys',
  // Whose it is, which it is and since when, is never changed.
  'UPDATE (name, symbols, version, updated_at) ON user_watchlists',
  'UPDATE (name, criteria, is_default, version, updated_at) ON user_filters',
  'INSERT ON universe_outbox'
]
const PRODUCER_GRANTS = ['SELECT, INSERT, UPDATE ON symbols']
const RELAY_GRANTS = ['SELECT, DELETE ON universe_outbox']

function roleOf(url: string, grants: readonly string[]): Role {
  const { username, password } = new URL(url)
  return { name: decodeURIComponent(username), password: decodeURIComponent(password), grants }
}

async function refuseShared(owner: pg.Client, roles: readonly Role[]): Promise<void> {
  const { rows } = await owner.query<{ name: string }>('SELECT current_user AS name')
  const names = new Set([rows[0]?.name, ...roles.map(({ name }) => name)])
  if (names.size <= roles.length || names.has('')) {
    throw new RoleError('owner, reader, writer, relay and producer must be different roles, each with its own rights')
  }
}

async function prepareRole(owner: pg.Client, { name, password, grants }: Role): Promise<boolean> {
  const role = pg.escapeIdentifier(name)
  const { rows } = await owner.query<{ mighty: boolean }>(
    'SELECT rolsuper OR rolbypassrls AS mighty FROM pg_roles WHERE rolname = $1',
    [name]
  )
  if (rows[0]?.mighty)
    throw new RoleError(`role ${name} could read every user's rows: take SUPERUSER and BYPASSRLS from it`)
  if (rows.length === 0) await owner.query(`CREATE ROLE ${role} LOGIN PASSWORD ${pg.escapeLiteral(password)}`)

  await owner.query(`GRANT USAGE ON SCHEMA ${SCHEMA} TO ${role}`)
  await owner.query(`REVOKE ALL ON ${TABLES} FROM ${role}`)
  for (const grant of grants) await owner.query(`GRANT ${grant} TO ${role}`)
  return rows.length === 0
}

/** Postgres lets everybody make temporary tables, even in read-only transactions; none of ours needs any. */
async function denyTemporaryTables(owner: pg.Client, roles: readonly Role[]): Promise<void> {
  const { rows } = await owner.query<{ database: string }>('SELECT quote_ident(current_database()) AS database')
  const everybody = ['PUBLIC', ...roles.map(({ name }) => pg.escapeIdentifier(name))].join(', ')
  await owner.query(`REVOKE TEMPORARY ON DATABASE ${rows[0]?.database} FROM ${everybody}`)
}

/** The relay takes what every user changed, so that row level security lets it through; its grants hold it to the outbox. */
async function admitRelay(owner: pg.Client, { name }: Role): Promise<void> {
  await owner.query('DROP POLICY IF EXISTS relay ON universe_outbox')
  await owner.query(`CREATE POLICY relay ON universe_outbox TO ${pg.escapeIdentifier(name)} USING (true)`)
}

/** What names the url of a role that the job prepares. */
export const ROLE_VARIABLES = [
  'DATABASE_READ_URL',
  'DATABASE_WRITE_URL',
  'DATABASE_RELAY_URL',
  'DATABASE_PRODUCER_URL'
] as const

type RoleVariable = (typeof ROLE_VARIABLES)[number]

/** @throws RoleError naming the variable whose role cannot log in */
export async function checkLogin(variable: RoleVariable, url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
  try {
    await client.connect()
    await client.query('SELECT 1')
  } catch (error) {
    throw new RoleError(`${variable}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  } finally {
    await client.end()
  }
}
