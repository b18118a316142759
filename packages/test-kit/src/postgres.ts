import { randomUUID } from 'node:crypto'
import { type PostgresOptions, type PostgresServer, startPostgres as start } from '@tickstock/embedded-servers'
import pg from 'pg'
import type { Teardown } from './teardown.ts'
import { temporaryFolder } from './temporary-folder.ts'

export interface TestPostgres extends PostgresServer {
  readonly dataDir: string
}

export interface TestDatabase {
  readonly name: string
  readonly url: string
}

/** A Postgres of the test's own, stopped with it. Fast rather than safe, unless asked to be `durable`. */
export async function startPostgres(t: Teardown, options: Partial<PostgresOptions> = {}): Promise<TestPostgres> {
  const dataDir = options.dataDir ?? (await temporaryFolder(t))
  const server = await start({ durable: false, ...options, dataDir })
  t.teardown(() => server.stop())
  return { ...server, dataDir }
}

/**
 * A fresh database on a server, dropped with the test. `template` is the name of a database to copy, e.g. one that is
 * migrated already; nobody may be connected to that one meanwhile.
 */
export async function createDatabase(
  t: Teardown,
  server: Pick<PostgresServer, 'url'>,
  { template = 'template1' }: { readonly template?: string } = {}
): Promise<TestDatabase> {
  const name = `test_${randomUUID().replaceAll('-', '')}`
  await execute(server.url, `CREATE DATABASE ${name} TEMPLATE ${pg.escapeIdentifier(template)}`)
  t.teardown(() => execute(server.url, `DROP DATABASE ${name} WITH (FORCE)`))

  const url = new URL(server.url)
  url.pathname = `/${name}`
  return { name, url: url.href }
}

async function execute(connectionString: string, statement: string) {
  const client = new pg.Client({ connectionString })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
