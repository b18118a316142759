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
const TABLES = 'symbols, user_watchlists'
const CREATION_LOCK = 7_105

/**
 * Makes the two roles that the service logs in with, where they are missing, and gives them what they need and no more.
 * A role that is there keeps its password.
 *
 * @returns the names of the roles that were made
 * @throws RoleError when one could see more than its own user's rows, or cannot log in
 */
export async function prepareRoles(config: MigrateConfig): Promise<string[]> {
  const roles = [roleOf(config.DATABASE_READ_URL, READER_GRANTS), roleOf(config.DATABASE_WRITE_URL, WRITER_GRANTS)]
  const owner = new pg.Client({ connectionString: config.DATABASE_OWNER_URL, connectionTimeoutMillis: 10_000 })
  await owner.connect()
  try {
    await owner.query('BEGIN')
    await owner.query('SELECT pg_advisory_xact_lock($1)', [CREATION_LOCK])
    await refuseShared(owner, roles)
    const made: string[] = []
    for (const role of roles) if (await prepareRole(owner, role)) made.push(role.name)
    await owner.query('COMMIT')
    return made
  } finally {
    await owner.end()
  }
}

const READER_GRANTS = [`SELECT ON ${TABLES}`]
const WRITER_GRANTS = [
  'SELECT, INSERT, DELETE ON user_watchlists',
  // Whose it is, which it is and since when, is never changed.
  'UPDATE (name, symbols, version, updated_at) ON user_watchlists'
]

function roleOf(url: string, grants: readonly string[]): Role {
  const { username, password } = new URL(url)
  return { name: decodeURIComponent(username), password: decodeURIComponent(password), grants }
}

async function refuseShared(owner: pg.Client, [reader, writer]: readonly Role[]): Promise<void> {
  const { rows } = await owner.query<{ name: string }>('SELECT current_user AS name')
  const names = new Set([rows[0]?.name, reader?.name, writer?.name])
  if (names.size < 3 || names.has('')) {
    throw new RoleError('owner, reader and writer must be three roles: each may do something that the others must not')
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

/** @throws RoleError naming the variable whose role cannot log in */
export async function checkLogin(variable: 'DATABASE_READ_URL' | 'DATABASE_WRITE_URL', url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
  try {
    await client.connect()
    await client.query('SELECT FROM user_watchlists LIMIT 0')
  } catch (error) {
    throw new RoleError(`${variable}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  } finally {
    await client.end()
  }
}
