import type { RunningServer } from '@tickstock/embedded-servers'
import { openRedis, type RedisClient } from '@tickstock/event-log'
import { startService, type Teardown, until } from '@tickstock/test-kit'
import { post, producerEvent } from './producer.ts'

export interface ReplicatedSystem {
  /** Of the producer. */
  readonly client: RedisClient
  readonly ingest: RunningServer
  readonly gateway: RunningServer
}

/** The way of an event, each service a process of its own, on a Redis that the test has started. */
export async function startOn(
  t: Teardown,
  url: string,
  settings: Record<string, string> = {}
): Promise<ReplicatedSystem> {
  const env = { REDIS_URL: url, AUTH_MODE: 'development', LOG_LEVEL: 'warn', ...settings }
  const [ingest, gateway] = await Promise.all([
    startService(t, { service: 'pattern-query', env }),
    startService(t, { service: 'realtime-gateway', env })
  ])
  const client = openRedis({ url, name: 'producer', commandTimeout: 3_000 })
  // Told by whoever waits for an answer; without a listener it would end the test's process.
  client.on('error', () => undefined)
  t.teardown(() => client.disconnect())
  return { client, ingest, gateway }
}

/** Events into the inbox, from the nth on. Each is posted until Redis has it. */
export async function produce(client: RedisClient, from: number, to: number): Promise<void> {
  for (let n = from; n < to; n++) {
    const event = producerEvent(n)
    await until(() => post(client, 'daily', event), { what: `event ${n} to be posted` })
  }
}
