import { writeSite } from '@tickstock/client-bundle'
import type { RunningServer } from '@tickstock/embedded-servers'
import { renderNginxConfig } from '@tickstock/nginx'
import {
  type FaultProxy,
  startFaultProxy,
  startNginx,
  startRedis,
  startService,
  type Teardown,
  temporaryFolder
} from '@tickstock/test-kit'
import { Redis } from 'ioredis'
import { post, producerEvent } from '../integration/producer.ts'

export interface LiveSystem {
  /** Where a browser goes, through a network that can be cut. */
  readonly url: string
  readonly network: FaultProxy
  /** Puts so many new events into the daily channel. */
  publish(count: number): Promise<void>
  /** Each gateway goes in an orderly way and comes back, one after the other. @param meanwhile is done while one goes */
  restartGateways(meanwhile: () => Promise<void>): Promise<void>
}

/** What a live page needs: producers' way in, the log, two gateways, and nginx with the SDK and its page. */
export async function startLiveSystem(t: Teardown): Promise<LiveSystem> {
  const sdkDir = await temporaryFolder(t)
  const [redis] = await Promise.all([startRedis(t), writeSite(sdkDir)])
  const env = { REDIS_URL: redis.url, AUTH_MODE: 'development', NODE_ENV: 'development', LOG_LEVEL: 'warn' }
  const query = await startService(t, { service: 'pattern-query', env })
  const withPatterns = { ...env, PATTERNS_URL: query.url }
  const startGateway = (port?: number) =>
    startService(t, { service: 'realtime-gateway', env: withPatterns, ...(port !== undefined && { port }) })
  const gateways = await Promise.all([startGateway(), startGateway()])
  const at = ({ port }: RunningServer) => ({ host: '127.0.0.1', port })
  const upstreams = { patternQuery: [at(query)], userUniverse: [at(query)], realtimeGateway: gateways.map(at) }
  const nginx = await startNginx(t, {
    configuration: port =>
      renderNginxConfig({ listen: `127.0.0.1:${port}`, workerProcesses: 1, development: true, sdkDir, upstreams })
  })
  const network = await startFaultProxy(t, { target: { host: '127.0.0.1', port: nginx.port } })
  const producer = new Redis(redis.url)
  t.teardown(() => producer.disconnect())
  let published = 0
  return {
    url: `http://127.0.0.1:${network.port}`,
    network,
    restartGateways: async meanwhile => {
      for (const { port, stop } of gateways) {
        await Promise.all([stop(), meanwhile()])
        await startGateway(port)
      }
    },
    publish: async count => {
      const events = Array.from({ length: count }, () => producerEvent(published++))
      await Promise.all(events.map(event => post(producer, 'daily', event)))
    }
  }
}
