import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { RunningServer } from '@tickstock/embedded-servers'
import { renderNginxConfig } from '@tickstock/nginx'
import {
  createDatabase,
  type ServiceName,
  startNginx,
  startPostgres,
  startRedis,
  startService,
  type Teardown,
  tokenFor,
  until
} from '@tickstock/test-kit'
import getPort from 'get-port'
import { Redis } from 'ioredis'
import pg from 'pg'

export interface WholeSystem {
  /** Where nginx answers for all services. */
  readonly url: string
  readonly redis: Redis
  readonly universes: readonly Replica[]
  readonly gateways: readonly Replica[]
  /** A token of a user, as an issuer would give it, with what else it claims. */
  readonly token: (user: string, claims?: Record<string, unknown>) => Promise<string>
  /** What nobody may see, and what tokens are made of. */
  readonly secrets: { readonly auth: string; readonly service: string }
  /** All that the services have written so far, and their own addresses. */
  readonly logs: () => string
  readonly services: Readonly<Record<'query' | 'universe' | 'gateway', string>>
}

/** A service that can be killed, and started again at its port. */
interface Replica {
  kill(): Promise<void>
  restart(): Promise<void>
  /** What it has written since it was started last. */
  log(): string
}

const program = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))
const secret = () => randomBytes(32).toString('base64url')

/** Everything, as it is deployed: tokens, two replicas of what users talk to, nginx in front. */
export async function startWholeSystem(
  t: Teardown,
  { docsDir, env: more = {} }: { readonly docsDir?: string; readonly env?: Readonly<Record<string, string>> } = {}
): Promise<WholeSystem> {
  const [redis, postgres] = await Promise.all([startRedis(t), startPostgres(t)])
  const database = await databaseOf(t, postgres)
  await run('services/user-universe/src/migrate.ts', [], database)
  await run('packages/market-replay/src/main.ts', ['load-symbols'], { DATABASE_URL: database.DATABASE_OWNER_URL })

  const [authSecret, serviceSecret] = [secret(), secret()]
  const ports = { universe: [await getPort(), await getPort()], gateway: [await getPort(), await getPort()] }
  const at = (port: number) => ({ host: '127.0.0.1', port })
  const query = await getPort()
  const nginx = await startNginx(t, {
    configuration: port =>
      renderNginxConfig({
        listen: `127.0.0.1:${port}`,
        workerProcesses: 1,
        ...(docsDir !== undefined && { docsDir }),
        upstreams: {
          patternQuery: [at(query)],
          userUniverse: ports.universe.map(at),
          realtimeGateway: ports.gateway.map(at)
        }
      })
  })
  const env = {
    REDIS_URL: redis.url,
    AUTH_MODE: 'token',
    AUTH_SECRET: authSecret,
    SERVICE_SECRET: serviceSecret,
    UNIVERSE_URL: nginx.url,
    PATTERNS_URL: nginx.url,
    LOG_LEVEL: 'warn',
    RATE_LIMIT: 'off',
    ...more
  }
  const { DATABASE_OWNER_URL: _, ...roles } = database
  const [universes, gateways, queries] = await Promise.all([
    Promise.all(ports.universe.map(port => replica(t, 'user-universe', { ...env, ...roles }, port))),
    Promise.all(ports.gateway.map(port => replica(t, 'realtime-gateway', env, port))),
    Promise.all([replica(t, 'pattern-query', env, query)])
  ])

  const token = (user: string, claims = {}) => tokenFor(user, authSecret, { claims })
  // nginx gives a replica that was not there a second's rest.
  const headers = { authorization: `Bearer ${await token('nobody')}` }
  await until(async () => (await fetch(`${nginx.url}/api/symbols?limit=1`, { headers })).ok, { what: 'user-universe' })

  const client = new Redis(redis.url)
  t.teardown(() => client.disconnect())
  const [atUniverse = 0] = ports.universe
  const [atGateway = 0] = ports.gateway
  const local = (port: number) => `http://127.0.0.1:${port}`
  return {
    url: nginx.url,
    redis: client,
    universes,
    gateways,
    token,
    secrets: { auth: authSecret, service: serviceSecret },
    logs: () => [...universes, ...gateways, ...queries].map(({ log }) => log()).join('\n'),
    services: { query: local(query), universe: local(atUniverse), gateway: local(atGateway) }
  }
}

async function replica(t: Teardown, service: ServiceName, env: Record<string, string>, port: number): Promise<Replica> {
  const start = () => startService(t, { service, env, port })
  let running: RunningServer = await start()
  return {
    kill: async () => {
      running.kill('SIGKILL')
      await running.exited
    },
    restart: async () => {
      running = await start()
    },
    log: () => running.log.join('\n')
  }
}

/** An empty database with an owner who is no superuser, and the urls of its roles. */
async function databaseOf(t: Teardown, server: { readonly url: string }) {
  const { name, url } = await createDatabase(t, server)
  const superuser = new pg.Client({ connectionString: url })
  await superuser.connect()
  await superuser.query("CREATE ROLE whole_owner LOGIN CREATEROLE PASSWORD 'owner'")
  await superuser.query(`ALTER DATABASE ${name} OWNER TO whole_owner`)
  await superuser.end()
  const as = (role: string) => Object.assign(new URL(url), { username: `whole_${role}`, password: role }).href
  return {
    DATABASE_OWNER_URL: as('owner'),
    DATABASE_READ_URL: as('reader'),
    DATABASE_WRITE_URL: as('writer'),
    DATABASE_RELAY_URL: as('relay')
  }
}

async function run(path: string, args: readonly string[], env: Record<string, string>): Promise<void> {
  await promisify(execFile)(process.execPath, ['--conditions=@tickstock/source', program(path), ...args], {
    env: { ...process.env, ...env }
  })
}
