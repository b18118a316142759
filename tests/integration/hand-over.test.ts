import { createClient, type MissedEvents, type TickstockClient } from '@tickstock/client'
import type { PatternEvent } from '@tickstock/contracts'
import { LogWriter } from '@tickstock/event-log'
import { renderNginxConfig } from '@tickstock/nginx'
import { startNginx, startRedis, startService, type Teardown, until } from '@tickstock/test-kit'
import getPort from 'get-port'
import { Redis } from 'ioredis'
import t from 'tap'

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

/** Two gateways behind nginx, and events all the while. */
async function startSystem(t: Teardown) {
  const server = await startRedis(t)
  const redis = new Redis(server.url)
  t.teardown(() => redis.disconnect())
  const ports = [await getPort(), await getPort()]
  const start = (port = 0) =>
    startService(t, {
      service: 'realtime-gateway',
      port,
      env: { REDIS_URL: server.url, AUTH_MODE: 'development', SHUTDOWN_MS: `${SHUTDOWN_MS}`, LOG_LEVEL: 'warn' }
    })
  const gateways = await Promise.all(ports.map(start))
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
  return { gateways, nginx, start, stop }
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
  for (const { offsets, gaps } of followers) {
    const [first = 0] = offsets
    t.same([offsets.length, new Set(offsets).size, gaps.length], [last - first + 1, last - first + 1, 0])
  }
  t.ok(total() <= 3 * CLIENTS, 'no client reconnected more often than it had to')
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
