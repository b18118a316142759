import { createClient, type MissedEvents, type TickstockClient } from '@tickstock/client'
import type { PatternEvent } from '@tickstock/contracts'
import { LogWriter } from '@tickstock/event-log'
import { renderNginxConfig } from '@tickstock/nginx'
import { startFaultProxy, startNginx, startRedis, startService, type Teardown, until } from '@tickstock/test-kit'
import getPort from 'get-port'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'

const CLIENTS = 120

/** Half of the gateway's 0.4 of it is when clients are told to go. */
const SHUTDOWN_MS = 5_000

/** An application that counts what comes. */
class Follower {
  readonly offsets: number[] = []
  readonly gaps: MissedEvents[] = []
  readonly client: TickstockClient

  constructor(t: Teardown, url: string, user: string) {
    this.client = createClient({ url, user })
    t.teardown(() => this.client.close())
    this.client.subscribe(
      { channels: ['daily'] },
      {
        onEvent: (_, { position }) => this.offsets.push(position.offset),
        onGap: gap => this.gaps.push(gap)
      }
    )
  }

  get reconnects(): number {
    return this.client.counters.reconnects
  }
}

const eventOf = (n: number): PatternEvent => ({
  id: `hand-over-${n}`,
  kind: 'pattern_detected',
  published_at: n,
  pattern: {
    id: `AAPL:Doji:daily:${n}`,
    symbol: 'AAPL',
    pattern: 'Doji',
    channel: 'daily',
    timeframe: 'daily',
    detected_at: n,
    confidence: 0.9,
    price: 10,
    change: null,
    indicators: {},
    expires_at: 8e12,
    updated_at: n,
    synthetic: true
  }
})

/** Two gateways behind nginx, and events all the while. The first reads the log through a proxy. */
async function startSystem(t: Teardown) {
  const server = await startRedis(t)
  const redis = new Redis(server.url)
  t.teardown(() => redis.disconnect())
  const proxy = await startFaultProxy(t, { target: { host: '127.0.0.1', port: server.port } })
  const ports = [await getPort(), await getPort()] as const
  const start = (port: number) => {
    const url = port === ports[0] ? `redis://127.0.0.1:${proxy.port}` : server.url
    const env = { REDIS_URL: url, AUTH_MODE: 'development', SHUTDOWN_MS: `${SHUTDOWN_MS}`, LOG_LEVEL: 'warn' }
    return startService(t, { service: 'realtime-gateway', port, env })
  }
  const gateways = await Promise.all([start(ports[0]), start(ports[1])])
  const nowhere = { host: '127.0.0.1', port: 9 }
  const nginx = await startNginx(t, {
    configuration: port =>
      renderNginxConfig({
        listen: `127.0.0.1:${port}`,
        workerProcesses: 1,
        development: true,
        upstreams: {
          patternQuery: [nowhere],
          userUniverse: [nowhere],
          realtimeGateway: ports.map(port => ({ host: '127.0.0.1', port }))
        }
      })
  })

  const writer = new LogWriter({ redis, channel: 'daily' })
  let appended = 0
  let last: Promise<unknown> = Promise.resolve()
  const producing = setInterval(() => {
    appended += 1
    last = writer.append(eventOf(appended))
  }, 20)
  t.teardown(() => clearInterval(producing))
  const stop = async () => {
    clearInterval(producing)
    await last
    return appended
  }
  return { gateways, nginx, proxy, start, stop }
}

/** Each client received every event since its first, once. */
function checkComplete(t: Test, followers: readonly Follower[], last: number): void {
  for (const { offsets, gaps } of followers) {
    const [first = 0] = offsets
    t.same([offsets.length, new Set(offsets).size, gaps.length], [last - first + 1, last - first + 1, 0])
  }
}

const textOf = async (url: string): Promise<string> => (await fetch(url)).text()

async function connectionsOf({ url }: { readonly url: string }): Promise<number> {
  return Number(/^gateway_connections\S* (\S+)/m.exec(await textOf(`${url}/metrics`))?.[1])
}

t.test('gateways that restart one by one hand their clients over, and no event is lost', async t => {
  const { gateways, nginx, start, stop } = await startSystem(t)
  const followers = Array.from({ length: CLIENTS }, (_, at) => new Follower(t, nginx.url, `user-${at}`))
  await until(() => followers.every(({ offsets }) => offsets.length > 0), { what: 'all to be live' })
  const total = () => followers.reduce((sum, { reconnects }) => sum + reconnects, 0)

  for (const gateway of gateways) {
    const before = total()
    gateway.kill('SIGTERM')
    t.match(await gateway.exited, { code: 0 })
    t.ok(total() - before >= CLIENTS / 4, 'it had its share of the clients')
    await start(gateway.port)
  }

  const last = await stop()
  await until(() => followers.every(({ offsets }) => offsets.at(-1) === last), {
    what: 'the last event'
  })
  checkComplete(t, followers, last)
  t.ok(total() <= 3 * CLIENTS, 'no client reconnected more often than it had to')
})

t.test('a gateway that loses Redis refuses new clients, and hands its own over to the other', async t => {
  const {
    gateways: [lost],
    nginx,
    proxy,
    stop
  } = await startSystem(t)
  const followers = Array.from({ length: 40 }, (_, at) => new Follower(t, nginx.url, `user-${at}`))
  const areLive = () => followers.every(({ offsets }) => offsets.length > 0)
  await until(areLive, { what: 'all to be live' })

  await proxy.cut()
  await until(async () => (await textOf(`${lost.url}/health/ready`)).includes('not_ready'), {
    what: 'the gateway to be unready'
  })
  const newcomers = Array.from({ length: 20 }, (_, at) => new Follower(t, nginx.url, `newcomer-${at}`))
  followers.push(...newcomers)
  await until(areLive, { what: 'the newcomers to be live' })
  await until(async () => (await connectionsOf(lost)) === 0, { what: 'its clients to leave' })

  const last = await stop()
  await until(() => followers.every(({ offsets }) => offsets.at(-1) === last), { what: 'the last event' })
  checkComplete(t, followers, last)
  t.same(
    newcomers.map(({ reconnects }) => reconnects),
    newcomers.map(() => 0),
    'each was let in at once'
  )
  t.ok(followers.every(({ reconnects }) => reconnects <= 1))
})

t.test('a reload of nginx under load leaves live sockets alone', async t => {
  const { nginx, stop } = await startSystem(t)
  const followers = Array.from({ length: 20 }, (_, at) => new Follower(t, nginx.url, `user-${at}`))
  await until(() => followers.every(({ offsets }) => offsets.length > 0), { what: 'all to be live' })

  nginx.kill('SIGHUP')
  await until(() => nginx.log.some(line => line.includes('gracefully shutting down')), { what: 'the reload' })
  const later = new Follower(t, nginx.url, 'later')
  await until(() => later.offsets.length > 20, { what: 'a client of the new worker' })

  const last = await stop()
  await until(() => followers.every(({ offsets }) => offsets.at(-1) === last), { what: 'the last event' })
  t.same(
    followers.map(({ reconnects }) => reconnects),
    followers.map(() => 0)
  )
  t.ok(followers.every(({ offsets: [first = 0, ...more] }) => more.length === last - first))
})
