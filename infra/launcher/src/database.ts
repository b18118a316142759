import pg from 'pg'
import type { Secrets } from './secrets.ts'

const DATABASE = 'tickstock'
const OWNER = 'tickstock_owner'
const READER = 'tickstock_reader'
const WRITER = 'tickstock_writer'
const RELAY = 'tickstock_relay'
const PRODUCER = 'tickstock_producer'

export interface DatabaseUrls {
  /** Owns the tables: for migrations. */
  readonly owner: string
  /** May only read. */
  readonly reader: string
  /** May write users' rows, and nothing else. */
  readonly writer: string
  /** May take what waits in the outbox. */
  readonly relay: string
  /** May list symbols. */
  readonly producer: string
}

/** The urls of the roles of one database, given its owner's. */
export const databaseUrls = (owner: string, secrets: Secrets): DatabaseUrls => ({
  owner,
  reader: urlAs(owner, READER, secrets.readerPassword),
  writer: urlAs(owner, WRITER, secrets.writerPassword),
  relay: urlAs(owner, RELAY, secrets.relayPassword),
  producer: producerUrl(owner, secrets.producerPassword)
})

/** The url of the role that may list symbols, given any of its database. */
export const producerUrl = (url: string, password: string): string => urlAs(url, PRODUCER, password)

function urlAs(known: string, user: string, password: string): string {
  const url = new URL(known)
  url.username = user
  url.password = password
  return url.href
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
