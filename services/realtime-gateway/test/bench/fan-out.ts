import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { LogWriter } from '@tickstock/event-log'
import { startRedis, startService } from '@tickstock/test-kit'
import { Redis } from 'ioredis'
import { eventOf } from '../domain/fixtures.ts'

/**
 * Fan-out through a real gateway and a real Redis: latency from the making of an event to its arrival at a client, raised until it saturates.
 *
 *   node --conditions=@tickstock/source services/realtime-gateway/test/bench/fan-out.ts [clients] [events/s …]
 */
const [clients = '1000', ...rates] = process.argv.slice(2)
const SECONDS = 5

const teardowns: (() => unknown)[] = []
const t = { teardown: (end: () => unknown) => void teardowns.unshift(end) }

const server = await startRedis(t)
const gateway = await startService(t, {
  service: 'realtime-gateway',
  env: { REDIS_URL: server.url, AUTH_MODE: 'development', LOG_LEVEL: 'warn', SHUTDOWN_MS: '1000' }
})
const redis = new Redis(server.url)
t.teardown(() => redis.disconnect())
const writer = new LogWriter({ redis, channel: 'daily' })
const crowd: ChildProcess = fork(new URL('clients.ts', import.meta.url), [`ws://127.0.0.1:${gateway.port}/ws`, clients])
t.teardown(() => crowd.kill())
await once(crowd, 'message')

let made = 0
async function append(): Promise<void> {
  const event = eventOf(++made, { symbol: 'AAPL' })
  await writer.append({ ...event, id: `bench-${made}`, published_at: Date.now() })
}

/** Appends at a steady rate. */
async function load(rate: number, seconds: number): Promise<void> {
  const began = performance.now()
  for (let sent = 0; sent < rate * seconds; ) {
    const due = Math.min(rate * seconds, Math.floor(((performance.now() - began) / 1000) * rate) + 1)
    for (; sent < due; sent++) void append()
    await delay(1)
  }
}

async function report(): Promise<Record<string, number>> {
  crowd.send('report')
  const [said] = await once(crowd, 'message')
  return said
}

await load(50, 2)
await delay(500)
await report()
for (const rate of rates.length > 0 ? rates.map(Number) : [10, 100, 300]) {
  const cpu = await gatewayCpu()
  await load(rate, SECONDS)
  await delay(1500)
  const { received = 0, frames = 0, p50, p99, most } = await report()
  const busy = (await gatewayCpu()) - cpu
  const expected = rate * SECONDS * Number(clients)
  console.log(
    `${clients} clients, ${rate} events/s: ${Math.round(received / SECONDS)} msg/s (${received} of ${expected}), ` +
      `${(received / frames).toFixed(1)} a write, p50 ${p50} ms, p99 ${p99} ms, most ${most} ms, ` +
      `gateway ${((busy * 1e6) / received).toFixed(2)} µs a message`
  )
}
for (const end of teardowns) await end()

/** Seconds of CPU that the gateway has used. */
async function gatewayCpu(): Promise<number> {
  const text = await (await fetch(`${gateway.url}/metrics`)).text()
  return Number(/^process_cpu_seconds_total\S* (\S+)/m.exec(text)?.[1])
}
