import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { LogWriter } from '@tickstock/event-log'
import { startRedis, startService } from '@tickstock/test-kit'
import { Redis } from 'ioredis'
import { eventOf } from '../domain/fixtures.ts'

/**
 * A crowd that comes back at once, beside clients that are live: how long it takes to be live again, and what the others feel of it.
 *
 *   node --conditions=@tickstock/source services/realtime-gateway/test/bench/storm.ts [clients] [within ms] [live clients]
 */
const [clients = '5000', within = '2000', live = '200'] = process.argv.slice(2)
const SECRET = 'a secret that is long enough for a storm 1'
const RATE = 20

const teardowns: (() => unknown)[] = []
const t = { teardown: (end: () => unknown) => void teardowns.unshift(end) }

const server = await startRedis(t)
const gateway = await startService(t, {
  service: 'realtime-gateway',
  env: {
    REDIS_URL: server.url,
    AUTH_MODE: 'development',
    AUTH_SECRET: SECRET,
    LOG_LEVEL: 'warn',
    SHUTDOWN_MS: '1000'
  }
})
const redis = new Redis(server.url)
t.teardown(() => redis.disconnect())
const writer = new LogWriter({ redis, channel: 'daily' })
const url = `ws://127.0.0.1:${gateway.port}/ws`

const start = async (program: string, ...args: string[]): Promise<ChildProcess> => {
  const child = fork(new URL(program, import.meta.url), args)
  t.teardown(() => child.kill())
  await once(child, 'message')
  return child
}
const ask = async (child: ChildProcess, what: object | string) => {
  child.send(what)
  const [said] = await once(child, 'message')
  return said
}

const there = await start('clients.ts', url, live)
const crowd = await start('storm-crowd.ts', url, clients, within, SECRET)

let made = 0
let position = { epoch: '', offset: 0 }
const appending = setInterval(async () => {
  const event = eventOf(++made, { symbol: 'AAPL' })
  const appended = await writer.append({ ...event, id: `storm-${made}`, published_at: Date.now() })
  if (appended.result === 'appended') position = appended.position
}, 1000 / RATE)
t.teardown(() => clearInterval(appending))

await delay(3_000)
const quiet = await ask(there, 'report')
const cpu = await gatewayCpu()
const came = await ask(crowd, { ...position, offset: Math.max(0, position.offset - 20) })
const busy = (await gatewayCpu()) - cpu
const felt = await ask(there, 'report')
console.log(
  `${clients} clients within ${within} ms, ${came.attempts} attempts: live after p50 ${came.p50}, p99 ${came.p99}, last ${came.last} ms`
)
console.log(`gateway ${((busy * 1e6) / Number(clients)).toFixed(0)} µs a client, with what it is sent`)
for (const [when, { p50, p99, most }] of Object.entries({ quiet, storm: felt }))
  console.log(`${live} live ones, ${when}: p50 ${p50}, p99 ${p99}, most ${most} ms`)
for (const end of teardowns) await end()

/** Seconds of CPU that the gateway has used. */
async function gatewayCpu(): Promise<number> {
  const text = await (await fetch(`${gateway.url}/metrics`)).text()
  return Number(/^process_cpu_seconds_total\S* (\S+)/m.exec(text)?.[1])
}
