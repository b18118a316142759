import pg from 'pg'
import type { Secrets } from './secrets.ts'

const DATABASE = 'tickstock'
const OWNER = 'tickstock_owner'
const READER = 'tickstock_reader'
const WRITER = 'tickstock_writer'
const RELAY = 'tickstock_relay'

export interface DatabaseUrls {
  /** Owns the tables: for migrations, and for the producer that fills `symbols`. */
  readonly owner: string
  /** May only read. */
  readonly reader: string
  /** May write users' rows, and nothing else. */
  readonly writer: string
  /** May take what waits in the outbox. */
  readonly relay: string
}

/** The urls of the four roles of one database, given its owner's. */
export function databaseUrls(owner: string, secrets: Secrets): DatabaseUrls {
  const as = (user: string, password: string) => {
    const url = new URL(owner)
    url.username = user
    url.password = password
    return url.href
  }
  return {
    owner,
    reader: as(READER, secrets.readerPassword),
    writer: as(WRITER, secrets.writerPassword),
    relay: as(RELAY, secrets.relayPassword)
  }
}

/**
 * Makes our database and its owner in the embedded Postgres, unless they are there: nothing of ours runs as a superuser.
 *
 * @param superuserUrl of the database `postgres`
 * @returns the owner's url
 */
export async function createDatabase(superuserUrl: string, secrets: Secrets): Promise<string> {
  const client = new pg.Client({ connectionString: superuserUrl })
  await client.connect()
  try {
    const password = client.escapeLiteral(secrets.ownerPassword)
    const { rowCount: roles } = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [OWNER])
    await client.query(`${roles === 0 ? 'CREATE' : 'ALTER'} ROLE ${OWNER} LOGIN CREATEROLE PASSWORD ${password}`)
    const { rowCount: databases } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE])
    if (databases === 0) await client.query(`CREATE DATABASE ${DATABASE} OWNER ${OWNER}`)
  } finally {
    await client.end()
  }

  const url = new URL(superuserUrl)
  url.username = OWNER
  url.password = secrets.ownerPassword
  url.pathname = `/${DATABASE}`
  return url.href
}
