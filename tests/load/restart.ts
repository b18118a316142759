import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { createClient, type TickstockClient } from '@tickstock/client'
import { INBOX_KEY, PRODUCER_BASE } from '@tickstock/contracts'
import type { RunningServer } from '@tickstock/embedded-servers'
import { renderNginxConfig } from '@tickstock/nginx'
import { type ServiceName, startNginx, startRedis, startService, until } from '@tickstock/test-kit'
import getPort from 'get-port'
import { Redis } from 'ioredis'
import { Cleanup } from './cleanup.ts'
import { producerEvent } from './patterns.ts'
import { table } from './table.ts'

const HELP = `Usage: npm run bench:restart -- [options]

Ends a process behind nginx while events flow, starts it again 100 ms after its end, as the launcher does, and measures what SDK
clients notice. Of each run the client that waited longest counts.

  --runs N        of each row                                     (5)
  --clients N     SDK clients                                     (8)
  --source        run the services from source instead of the bundle
  --help          this text
`

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    clients: { type: 'string', default: '8' },
    source: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h' }
  }
})

/** Milliseconds between two events. */
const PACE = 20
/** Milliseconds from the end of a process to its next start. */
const RESTART_AFTER = 100
/** Events that a client receives after a fault before the next one. They take longer than a heartbeat, with which back-off begins afresh. */
const AFTERWARDS = 500

/** What one client noticed since the last look. */
class Witness {
  readonly client: TickstockClient
  received = 0
  #silence = 0
  #lastEvent = performance.now()
  #notLive = 0
  /** Since when its status is not live. */
  #since: number | undefined

  constructor(url: string, user: string) {
    this.client = createClient({
      url,
      user,
      onStatus: ({ state }) => {
        const now = performance.now()
        if (state !== 'live') this.#since ??= now
        else if (this.#since !== undefined) {
          this.#notLive = Math.max(this.#notLive, now - this.#since)
          this.#since = undefined
        }
      }
    })
    this.client.subscribe(
      { channels: ['daily'] },
      {
        onEvent: () => {
          const now = performance.now()
          this.#silence = Math.max(this.#silence, now - this.#lastEvent)
          this.#lastEvent = now
          this.received += 1
        }
      }
    )
  }

  begin(): void {
    this.received = 0
    this.#silence = 0
    this.#lastEvent = performance.now()
    this.#notLive = 0
  }

  /** Longest time in which its status was another than live, ms. */
  get notLive(): number {
    return this.#notLive
  }

  /** Longest time without an event, ms. */
  get silence(): number {
    return this.#silence
  }
}

/** A process that is started again whenever it ends. */
class Restarted {
  readonly #start: () => Promise<RunningServer>
  #running: RunningServer
  #next: Promise<void> = Promise.resolve()

  static async of(start: () => Promise<RunningServer>): Promise<Restarted> {
    return new Restarted(start, await start())
  }

  private constructor(start: () => Promise<RunningServer>, running: RunningServer) {
    this.#start = start
    this.#running = running
  }

  /** Resolves when the next process is ready. */
  end(signal: NodeJS.Signals): Promise<void> {
    const before = this.#running
    before.kill(signal)
    this.#next = before.exited
      .then(() => delay(RESTART_AFTER))
      .then(async () => {
        this.#running = await this.#start()
      })
    return this.#next
  }

  get exited(): Promise<unknown> {
    return this.#running.exited
  }
}

interface Setting {
  readonly name: string
  readonly gateways: number
  readonly signal: NodeJS.Signals
}

const SETTINGS: readonly Setting[] = [
  { name: 'kill -9 of one of two gateways', gateways: 2, signal: 'SIGKILL' },
  { name: 'SIGTERM of one of two gateways', gateways: 2, signal: 'SIGTERM' },
  { name: 'kill -9 of the only gateway', gateways: 1, signal: 'SIGKILL' },
  { name: 'SIGTERM of the only gateway', gateways: 1, signal: 'SIGTERM' }
]

interface Figures {
  readonly live: number[]
  readonly silence: number[]
}

const service = (cleanup: Cleanup, redisUrl: string, name: ServiceName, port: number) =>
  startService(cleanup, {
    service: name,
    port,
    fromSource: values.source,
    env: { REDIS_URL: redisUrl, AUTH_MODE: 'development', LOG_LEVEL: 'warn' }
  })

async function restartGateway({ gateways, signal }: Setting, runs: number, clients: number): Promise<Figures> {
  const cleanup = new Cleanup()
  try {
    const redis = await startRedis(cleanup)
    const producer = new Redis(redis.url)
    cleanup.teardown(() => producer.disconnect())
    const ports = await Promise.all(Array.from({ length: gateways }, () => getPort()))
    const query = await getPort()
    const at = (port: number) => ({ host: '127.0.0.1', port })
    const nginx = await startNginx(cleanup, {
      configuration: port =>
        renderNginxConfig({
          listen: `127.0.0.1:${port}`,
          workerProcesses: 1,
          development: true,
          upstreams: { patternQuery: [at(query)], userUniverse: [at(9)], realtimeGateway: ports.map(at) }
        })
    })
    await service(cleanup, redis.url, 'pattern-query', query)
    const replicas = await Promise.all(
      ports.map(port => Restarted.of(() => service(cleanup, redis.url, 'realtime-gateway', port)))
    )

    let published = 0
    const pace = setInterval(() => {
      void producer.xadd(INBOX_KEY, '*', 'channel', 'daily', 'event', producerEvent(published++, 'daily', Date.now()))
    }, PACE)
    cleanup.teardown(() => clearInterval(pace))
    const witnesses = Array.from({ length: clients }, (_, index) => new Witness(nginx.url, `trader-${index}`))
    cleanup.teardown(() => witnesses.map(({ client }) => client.close()))
    const flowing = () => until(() => witnesses.every(({ received }) => received >= AFTERWARDS), { within: 60_000 })
    await flowing()

    const figures: Figures = { live: [], silence: [] }
    for (let run = 0; run < runs; run++) {
      for (const witness of witnesses) witness.begin()
      await replicas[run % replicas.length]?.end(signal)
      for (const witness of witnesses) witness.received = 0
      await flowing()
      figures.live.push(Math.max(...witnesses.map(({ notLive }) => notLive)))
      figures.silence.push(Math.max(...witnesses.map(({ silence }) => silence)))
    }
    return figures
  } finally {
    await cleanup.run()
  }
}

/** Milliseconds from the kill of a listener until the next process hears PUBLISH, and until it is ready. */
async function restartListener(runs: number): Promise<{ readonly hears: number[]; readonly ready: number[] }> {
  const cleanup = new Cleanup()
  try {
    const redis = await startRedis(cleanup)
    const client = new Redis(redis.url)
    cleanup.teardown(() => client.disconnect())
    const port = await getPort()
    const listener = await Restarted.of(() => service(cleanup, redis.url, 'pattern-query', port))
    const listeners = async () => Number((await client.pubsub('NUMSUB', PRODUCER_BASE))[1])
    const hears: number[] = []
    const ready: number[] = []
    for (let run = 0; run < runs; run++) {
      const began = performance.now()
      const { exited } = listener
      const next = listener.end('SIGKILL')
      await exited
      await until(async () => (await listeners()) === 0)
      await until(async () => (await listeners()) > 0)
      hears.push(performance.now() - began)
      await next
      ready.push(performance.now() - began)
    }
    return { hears, ready }
  } finally {
    await cleanup.run()
  }
}

const ms = (value: number) => `${Math.round(value)}`
const medianOf = (figures: readonly number[]) => figures.toSorted((a, b) => a - b)[Math.floor(figures.length / 2)] ?? 0
const cells = (figures: readonly number[]) => [ms(medianOf(figures)), ms(Math.max(...figures))]

async function main(runs: number, clients: number): Promise<string> {
  const rows: string[][] = []
  for (const setting of SETTINGS) {
    const { live, silence } = await restartGateway(setting, runs, clients)
    rows.push([setting.name, ...cells(live), ...cells(silence)])
  }
  const { hears, ready } = await restartListener(runs)
  const clientTable = table(['SDK clients, ms', 'not live', 'worst', 'without an event', 'worst'], rows)
  const listenerTable = table(
    ['pattern-query, ms', 'median', 'worst'],
    [
      ['kill -9 until it hears PUBLISH', ...cells(hears)],
      ['kill -9 until it is ready', ...cells(ready)]
    ]
  )
  const how = `${runs} runs, ${clients} clients, an event every ${PACE} ms, from ${values.source ? 'source' : 'the bundle'}`
  return `${how}\n\n${clientTable}\n\n${listenerTable}`
}

if (values.help) process.stdout.write(HELP)
else console.log(await main(Number(values.runs), Number(values.clients)))
