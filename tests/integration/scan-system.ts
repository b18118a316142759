import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createHttpClient, type HttpClient } from '@tickstock/client'
import type { RunningServer } from '@tickstock/embedded-servers'
import {
  createDatabase,
  startPostgres,
  startRedis,
  startService,
  type Teardown,
  type TestRedis,
  tokenFor
} from '@tickstock/test-kit'
import { Redis } from 'ioredis'
import pg from 'pg'

const AUTH_SECRET = 'the secret of users’ tokens, for tests'
const SERVICE_SECRET = 'the secret of the services, for tests'
const MIGRATE = fileURLToPath(new URL('../../services/user-universe/src/migrate.ts', import.meta.url))

/** What the producer lists: symbol → sector. */
export type Listing = Readonly<Record<string, string | null>>

export interface ScanSystem {
  readonly redis: TestRedis
  /** For producing. */
  readonly producer: Redis
  readonly scans: RunningServer
  readonly universe: RunningServer
  /** At the port of the one that was killed. */
  readonly startUniverse: () => Promise<RunningServer>
  /** A user, or an internal service: where he scans, and where he keeps what is his. */
  readonly as: (user: string, claims?: Record<string, unknown>) => Promise<{ scans: HttpClient; own: HttpClient }>
}

/** What a scan by watchlist, saved filter or sector needs, each a process of its own; tokens, as in production. */
export async function startScanSystem(t: Teardown, listing: Listing): Promise<ScanSystem> {
  const [redis, database] = await Promise.all([startRedis(t), universeDatabase(t, listing)])
  const identity = { AUTH_MODE: 'token', AUTH_SECRET, SERVICE_SECRET, REDIS_URL: redis.url, RATE_LIMIT: 'off' }
  const start = (port?: number) =>
    startService(t, {
      service: 'user-universe',
      env: { ...identity, ...database },
      ...(port !== undefined && { port })
    })

  const universe = await start()
  const scans = await startService(t, { service: 'pattern-query', env: { ...identity, UNIVERSE_URL: universe.url } })
  const producer = new Redis(redis.url)
  producer.on('error', () => undefined)
  t.teardown(() => producer.disconnect())
  return {
    redis,
    producer,
    scans,
    universe,
    startUniverse: () => start(universe.port),
    as: async (user, claims = {}) => {
      const token = await tokenFor(user, AUTH_SECRET, { claims })
      return { scans: createHttpClient({ url: scans.url, token }), own: createHttpClient({ url: universe.url, token }) }
    }
  }
}

async function universeDatabase(t: Teardown, listing: Listing) {
  const { name, url } = await createDatabase(t, await startPostgres(t))
  await execute(url, "CREATE ROLE scans_owner LOGIN CREATEROLE PASSWORD 'owner'")
  await execute(url, `ALTER DATABASE ${name} OWNER TO scans_owner`)
  const as = (role: string) => Object.assign(new URL(url), { username: `scans_${role}`, password: role }).href
  const roles = {
    DATABASE_READ_URL: as('reader'),
    DATABASE_WRITE_URL: as('writer'),
    DATABASE_RELAY_URL: as('relay')
  }
  await promisify(execFile)(process.execPath, ['--conditions=@tickstock/source', MIGRATE], {
    env: { ...process.env, ...roles, DATABASE_OWNER_URL: as('owner') }
  })
  await execute(
    as('owner'),
    'INSERT INTO symbols (symbol, name, sector) SELECT key, key, value FROM json_each_text($1)',
    [JSON.stringify(listing)]
  )
  return roles
}

async function execute(connectionString: string, statement: string, values: unknown[] = []): Promise<void> {
  const client = new pg.Client({ connectionString })
  await client.connect()
  try {
    await client.query(statement, values)
  } finally {
    await client.end()
  }
}
