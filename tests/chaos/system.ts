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
import { Witness } from './audit/witness.ts'
import type { Urls } from './clients/messages.ts'
import { Replica } from './replica.ts'
import { startTopology, type TopologyKind } from './topology.ts'

export interface SystemOptions {
  readonly topology: TopologyKind
  /** For the gateways, besides what every run sets. */
  readonly gatewayEnv: Readonly<Record<string, string>>
  /** For pattern-query. */
  readonly ingestEnv: Readonly<Record<string, string>>
}

/** Short, so that a run need not wait for it; long enough for a machine that is busy. ms */
const HEARTBEAT_MS = 1_000

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
  readonly nginx: NginxServer
  /** What lies between clients and nginx. */
  readonly networks: { readonly faulty: FaultProxy; readonly slow: FaultProxy }
  readonly urls: Urls
}

export async function startSystem(t: Teardown, options: SystemOptions): Promise<System> {
  const { url, node: redis, sentinel, cluster } = await startTopology(t, options.topology)
  // Sentinels and clusters name their nodes themselves: what is said to a proxy leads past it.
  const store = { redis: at(redis), ...(options.topology !== 'single' && { redisUrl: url }) }
  const env = { AUTH_MODE: 'development', LOG_LEVEL: 'warn', SHUTDOWN_MS: '3000' }
  const gatewayEnv = {
    ...env,
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
  const ingest = (name: string) => Replica.start(t, name, { service: 'pattern-query', env: ingestEnv, ...store })
  const gateway = (name: string) => Replica.start(t, name, { service: 'realtime-gateway', env: gatewayEnv, ...store })
  const [ingests, gateways] = await Promise.all([
    Promise.all(['ingest 1', 'ingest 2'].map(ingest)),
    Promise.all(['gateway 1', 'gateway 2'].map(gateway))
  ])

  const nginx = await startNginx(t, {
    configuration: port =>
      renderNginxConfig({
        listen: `127.0.0.1:${port}`,
        workerProcesses: 1,
        development: true,
        upstreams: { patternQuery: ingests.map(at), userUniverse: [at({ port: 9 })], realtimeGateway: gateways.map(at) }
      })
  })
  const door = { target: at(nginx) }
  const [faulty, slow] = await Promise.all([startFaultProxy(t, door), startFaultProxy(t, door)])
  await until(async () => (await fetch(`${nginx.url}/api/patterns/scan?per_page=1`)).ok, { what: 'a scan' })

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
    nginx,
    networks: { faulty, slow },
    urls: { direct: nginx.url, faulty: urlOf(faulty), slow: urlOf(slow) }
  }
}

const at = ({ port }: { readonly port: number }) => ({ host: '127.0.0.1', port })

const urlOf = ({ host, port }: FaultProxy): string => `http://${host}:${port}`
