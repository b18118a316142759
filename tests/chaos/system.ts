import type { NginxServer } from '@tickstock/embedded-servers'
import { renderNginxConfig } from '@tickstock/nginx'
import {
  type FaultProxy,
  type RedisNode,
  startFaultProxy,
  startNginx,
  type Teardown,
  type TestRedisCluster,
  type TestSentinel,
  until
} from '@tickstock/test-kit'
import getPort from 'get-port'
import { createUniverse } from '../load/universe-database.ts'
import { Witness } from './audit/witness.ts'
import type { Urls } from './clients/messages.ts'
import { PostgresNode } from './postgres-node.ts'
import { MARKER, SYMBOLS } from './producer-events.ts'
import { Replica, type ReplicaOptions } from './replica.ts'
import { startTopology, type TopologyKind } from './topology.ts'

export interface SystemOptions {
  readonly topology: TopologyKind
  /** For the gateways, besides what every run sets. */
  readonly gatewayEnv: Readonly<Record<string, string>>
  /** For pattern-query. */
  readonly ingestEnv: Readonly<Record<string, string>>
  /** With Postgres and user-universe, so that users edit lists and subscriptions follow them. */
  readonly universe: boolean
}

/** Short, so that a run need not wait for it; long enough for a machine that is busy. ms */
const HEARTBEAT_MS = 1_000

/** Every process of a service, which a scenario may break. */
export const replicasOf = ({ ingests, gateways, universes }: System): readonly Replica[] => [
  ...ingests,
  ...gateways,
  ...universes
]

/** Everything from the producer's Redis to the clients' door, each part real and each breakable. */
export interface System {
  readonly options: SystemOptions
  /** Where Redis is, as the services are told. */
  readonly url: string
  /** The one Redis, or the first of several. */
  readonly redis: RedisNode
  readonly sentinel?: TestSentinel | undefined
  readonly cluster?: TestRedisCluster | undefined
  readonly witness: Witness
  readonly ingests: readonly Replica[]
  readonly gateways: readonly Replica[]
  /** Of user-universe; none where the system runs without it. */
  readonly universes: readonly Replica[]
  readonly postgres?: PostgresNode | undefined
  readonly nginx: NginxServer
  /** What lies between clients and nginx. */
  readonly networks: { readonly faulty: FaultProxy; readonly slow: FaultProxy }
  readonly urls: Urls
}

export async function startSystem(t: Teardown, options: SystemOptions): Promise<System> {
  const { url, node: redis, sentinel, cluster } = await startTopology(t, options.topology)
  // Sentinels and clusters name their nodes themselves: what is said to a proxy leads past it.
  const store = { redis: at(redis), ...(options.topology !== 'single' && { redisUrl: url }) }
  const free = async () => ({ host: '127.0.0.1', port: await getPort({ host: '127.0.0.1' }) })
  const two = () => Promise.all([free(), free()])
  const ports = { ingests: await two(), gateways: await two(), universes: await two() }
  const [nginx, universe] = await Promise.all([
    startNginx(t, {
      configuration: port =>
        renderNginxConfig({
          listen: `127.0.0.1:${port}`,
          workerProcesses: 1,
          development: true,
          upstreams: {
            patternQuery: ports.ingests,
            userUniverse: ports.universes,
            realtimeGateway: ports.gateways
          }
        })
    }),
    options.universe ? startUniverse(t) : undefined
  ])
  const env = { AUTH_MODE: 'development', LOG_LEVEL: 'warn', SHUTDOWN_MS: '3000', RATE_LIMIT: 'off' }
  const others = { PATTERNS_URL: nginx.url, ...(options.universe && { UNIVERSE_URL: nginx.url }) }
  const gatewayEnv = {
    ...env,
    ...others,
    HEARTBEAT_MS: `${HEARTBEAT_MS}`,
    SLOT_TTL_MS: '3000',
    // Who was away for a second or two is given what he missed from memory; for longer, from the log.
    RING_SIZE: '64',
    MAX_CONNECTIONS_PER_ADDRESS: '20000',
    MAX_UNAUTHENTICATED_PER_ADDRESS: '20000',
    ...options.gatewayEnv
  }
  // What a killed replica had in hands is another's soon: else each run would wait half a minute for it.
  const ingestEnv = { ...env, INBOX_ABANDONED_MS: '3000', ...options.ingestEnv }
  const replicas = (
    service: ReplicaOptions['service'],
    name: string,
    at: readonly { readonly port: number }[],
    env: ReplicaOptions['env']
  ) => Promise.all(at.map(({ port }, n) => Replica.start(t, `${name} ${n + 1}`, { service, port, env, ...store })))
  const [ingests, gateways, universes] = await Promise.all([
    replicas('pattern-query', 'ingest', ports.ingests, ingestEnv),
    replicas('realtime-gateway', 'gateway', ports.gateways, gatewayEnv),
    universe === undefined ? [] : replicas('user-universe', 'universe', ports.universes, { ...env, ...universe.env })
  ])
  const door = { target: at(nginx) }
  const [faulty, slow] = await Promise.all([startFaultProxy(t, door), startFaultProxy(t, door)])
  await until(async () => (await fetch(`${nginx.url}/api/patterns/scan?per_page=1`)).ok, { what: 'a scan' })

  // nginx rests a replica for a second that did not answer.
  if (options.universe) {
    const headers = { 'x-user-id': 'nobody' }
    await until(async () => (await fetch(`${nginx.url}/api/symbols?limit=1`, { headers })).ok, { what: 'symbols' })
  }

  const witness = new Witness(url)
  witness.start()
  t.teardown(() => witness.close())
  return {
    options,
    url,
    redis,
    sentinel,
    cluster,
    witness,
    ingests,
    gateways,
    universes,
    postgres: universe?.postgres,
    nginx,
    networks: { faulty, slow },
    urls: { direct: nginx.url, faulty: urlOf(faulty), slow: urlOf(slow) }
  }
}

/** Postgres with the tables of user-universe, in which all symbols of the producer are listed. */
async function startUniverse(t: Teardown) {
  const postgres = await PostgresNode.start(t)
  const { env, symbols } = await createUniverse(postgres.url)
  await symbols([...SYMBOLS, MARKER])
  return { postgres, env }
}

const at = ({ port }: { readonly port: number }) => ({ host: '127.0.0.1', port })

const urlOf = ({ host, port }: FaultProxy): string => `http://${host}:${port}`
