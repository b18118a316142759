import type { RunningServer } from '@tickstock/embedded-servers'
import { type ServiceName, startRedis, startService, type Teardown, type TestRedis } from '@tickstock/test-kit'
import { Redis } from 'ioredis'

export interface System {
  readonly redis: TestRedis
  /** For producing, and for looking. */
  readonly client: Redis
  readonly ingest: readonly RunningServer[]
  readonly gateway: RunningServer
  /** Another gateway, e.g. after a kill. */
  readonly startGateway: (port?: number) => Promise<RunningServer>
  readonly startIngest: (port?: number) => Promise<RunningServer>
}

/** The way of an event, each service a process of its own, on a Redis of the test's own. */
export async function startSystem(t: Teardown, { replicas = 1 }: { readonly replicas?: number } = {}): Promise<System> {
  const redis = await startRedis(t, { persistence: 'everysec' })
  const env = { REDIS_URL: redis.url, AUTH_MODE: 'development', LOG_LEVEL: 'warn' }
  const start = (service: ServiceName) => (port?: number) =>
    startService(t, { service, env, ...(port !== undefined && { port }) })
  const startIngest = start('pattern-query')
  const startGateway = start('realtime-gateway')

  const ingest = await Promise.all(Array.from({ length: replicas }, () => startIngest()))
  const gateway = await startGateway()
  const client = new Redis(redis.url)
  // Told by whoever waits for an answer; without a listener it would end the test's process.
  client.on('error', () => undefined)
  t.teardown(() => client.disconnect())
  return { redis, client, ingest, gateway, startGateway, startIngest }
}
