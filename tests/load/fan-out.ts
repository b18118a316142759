import { setTimeout as span } from 'node:timers/promises'
import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { producerChannel } from '@tickstock/contracts'
import { startRedis, startService } from '@tickstock/test-kit'
import { Redis } from 'ioredis'
import { Child } from './child.ts'
import { Cleanup } from './cleanup.ts'
import { Pace } from './pace.ts'
import { producerEvent } from './patterns.ts'
import { table, whole } from './table.ts'

const Count = Type.Object({
  received: Type.Integer(),
  p50: Type.Union([Type.Number(), Type.Null()]),
  p99: Type.Union([Type.Number(), Type.Null()])
})

/** What publishes: the rate can be changed, 0 is silence. */
type Publisher = (rate: number) => void

const TICK = 10
const WARM_UP = 1_000

interface FanOutOptions {
  readonly clients: number
  /** Events a second, raised step by step. */
  readonly rates: readonly number[]
  readonly seconds: number
}

/** Every event to every client: the whole way from PUBLISH to the socket, beside what the library does when nothing else is done. */
export async function fanOutBenchmark(options: FanOutOptions): Promise<string> {
  const rows = [
    ...(await measure('bound: ws, each event sent to each client', options, cleanup => bound(cleanup, 'each'))),
    ...(await measure('bound: ws, joined in one write a 10 ms', options, cleanup => bound(cleanup, 'joined'))),
    ...(await measure('PUBLISH → log → gateway → socket', options, system))
  ]
  return `Fan-out to ${whole(options.clients)} clients\n\n${table(
    ['', 'events/s', 'due msg/s', 'delivered msg/s', 'p50', 'p99'],
    rows
  )}`
}

interface Target {
  readonly url: string
  readonly channel: string
  readonly publish: Publisher
}

async function measure(what: string, options: FanOutOptions, start: (cleanup: Cleanup) => Promise<Target>) {
  const { clients, rates, seconds } = options
  const cleanup = new Cleanup()
  const rows: string[][] = []
  try {
    const { url, channel, publish } = await start(cleanup)
    const crowd = new Child(cleanup, './subscribers.ts', [url, `${clients}`, channel])
    await crowd.line()
    for (const rate of rates) {
      publish(rate)
      await span(WARM_UP)
      await crowd.ask('begin')
      const began = performance.now()
      await span(seconds * 1_000)
      const count: Static<typeof Count> = Value.Parse(Count, JSON.parse(await crowd.ask('end')))
      const perSecond = (count.received * 1_000) / (performance.now() - began)
      rows.push([what, whole(rate), whole(rate * clients), whole(perSecond), `${count.p50} ms`, `${count.p99} ms`])
    }
    publish(0)
  } finally {
    await cleanup.run()
  }
  return rows
}

async function bound(cleanup: Cleanup, mode: 'each' | 'joined'): Promise<Target> {
  const server = new Child(cleanup, './bounds/fan-out.ts', [mode])
  const port = await server.line()
  return { url: `ws://127.0.0.1:${port}`, channel: '', publish: rate => server.tell(`${rate}`) }
}

async function system(cleanup: Cleanup): Promise<Target> {
  const redis = await startRedis(cleanup)
  const env = {
    REDIS_URL: redis.url,
    AUTH_MODE: 'development',
    LOG_LEVEL: 'warn',
    MAX_CONNECTIONS_PER_ADDRESS: '20000'
  }
  await startService(cleanup, { service: 'pattern-query', env })
  const gateway = await startService(cleanup, { service: 'realtime-gateway', env })

  const producer = new Redis(redis.url)
  cleanup.teardown(() => producer.quit())
  const pace = new Pace()
  let sent = 0
  const ticking = setInterval(() => {
    for (let due = pace.take(performance.now()); due > 0; due--) {
      producer.publish(producerChannel('daily'), producerEvent(sent++, 'daily', Date.now())).catch(error => {
        throw error
      })
    }
  }, TICK)
  cleanup.teardown(() => clearInterval(ticking))
  return {
    url: `${gateway.url.replace('http', 'ws')}/ws`,
    channel: 'daily',
    publish: rate => pace.set(rate, performance.now())
  }
}
