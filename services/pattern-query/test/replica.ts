import { Value } from '@sinclair/typebox/value'
import { type Channel, ScanAnswer } from '@tickstock/contracts'
import { readRange } from '@tickstock/event-log'
import { createRegistry, Lifetime, loadConfig } from '@tickstock/service-kit'
import { type Teardown, until } from '@tickstock/test-kit'
import { Redis } from 'ioredis'
import { buildApp } from '../src/app.ts'
import { config } from '../src/config.ts'
import { openPerformance } from '../src/performance.ts'
import { startPipeline } from '../src/pipeline.ts'
import { startRetention } from '../src/retention.ts'
import { startUniverse } from '../src/universe.ts'
import { silent } from './events.ts'

interface Reachable {
  readonly url: string
}

export const environment = (redisUrl: string) => ({
  REDIS_URL: redisUrl,
  AUTH_MODE: 'development',
  LOG_LEVEL: 'warn',
  STALE_AFTER_MS: '400'
})

/** The service within the test's own process: what is wired is the same, and starts faster. */
export async function startReplica(t: Teardown, redisUrl: string, env: NodeJS.ProcessEnv = {}) {
  const replica = await openReplica(t, redisUrl, env)
  await until(async () => (await fetch(`${replica.url}/health/ready`)).status === 200)
  return replica
}

/** The same, whether it gets ready or not. */
export async function openReplica(t: Teardown, redisUrl: string, env: NodeJS.ProcessEnv = {}) {
  const lifetime = new Lifetime({ logger: silent })
  const registry = createRegistry()
  const context = {
    config: loadConfig(config, { ...environment(redisUrl), ...env }),
    logger: silent,
    lifetime,
    registry
  }
  const { instruments, ...pipeline } = startPipeline(context)
  startRetention(context, { everyMs: 100 })
  const universe = startUniverse(context, { view: pipeline.view, instruments })
  const app = buildApp({
    ...context,
    ...pipeline,
    performance: openPerformance(context),
    universe,
    scans: instruments.scans
  })
  lifetime.own('app', () => app.close())
  t.teardown(() => lifetime.close())
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  return { url, stop: () => lifetime.close() }
}

/** A client of the test's own, that comes back when its Redis does. */
export function clientOf(t: Teardown, url: string): Redis {
  const redis = new Redis(url, { retryStrategy: () => 50 })
  redis.on('error', () => {})
  t.teardown(() => redis.disconnect())
  return redis
}

export async function scan({ url }: Reachable, query = ''): Promise<ScanAnswer> {
  const reply = await fetch(`${url}/api/patterns/scan?${query}`)
  if (reply.status !== 200) throw new Error(`${reply.status}: ${await reply.text()}`)
  return Value.Parse(ScanAnswer, await reply.json())
}

export const untilTotal = (of: Reachable, expected: number) =>
  until(async () => (await scan(of)).total === expected, { what: `${expected} patterns at ${of.url}` })

/** Ids of the events in a channel's log, in order. */
export async function loggedIds(redis: Redis, channel: Channel): Promise<string[]> {
  const ids: string[] = []
  for (let after = 0; ; ) {
    const entries = await readRange(redis, channel, { after, count: 1000 })
    if (entries.length === 0) return ids
    ids.push(...entries.map(({ event }) => event.id))
    after = entries.at(-1)?.offset ?? after
  }
}
