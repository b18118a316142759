import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import {
  CHANNELS,
  forgetKey,
  GATEWAY_GROUP_PREFIX,
  headKey,
  INBOX_KEY,
  logKey,
  producerChannel,
  seenKey,
  statesKey,
  UNIFIED_KEY
} from '@tickstock/contracts'
import { APPENDED_AT_ONCE } from '@tickstock/event-log'
import { startRedis, startService, until } from '@tickstock/test-kit'
import { Redis } from 'ioredis'
import { Cleanup } from './cleanup.ts'
import { producerEvent } from './patterns.ts'
import { blast, encoded } from './resp.ts'
import { ratio, table, whole } from './table.ts'

const HELP = `Usage: npm run bench:ingest -- [options]

A burst of events through one pattern-query process, until they stand in the log, the ZSET and the view; beside it what Redis
can do at all with the append script, in the same run. Read the figures as ratios.

  --events N      in a burst                                       (40000)
  --profile DIR   writes a CPU profile of the service there
  --help          this text
`

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '40000' },
    profile: { type: 'string' },
    help: { type: 'boolean', short: 'h' }
  }
})

const Total = Type.Object({ total: Type.Integer() })

const channelOf = (n: number) => CHANNELS[n % CHANNELS.length] ?? 'daily'

const WAYS = {
  'pub/sub': (n: number, now: number) => [
    'PUBLISH',
    producerChannel(channelOf(n)),
    producerEvent(n, channelOf(n), now)
  ],
  inbox: (n: number, now: number) => [
    'XADD',
    INBOX_KEY,
    '*',
    'channel',
    channelOf(n),
    'event',
    producerEvent(n, channelOf(n), now)
  ]
} as const

interface Burst {
  /** From its first byte to the moment in which log, ZSET and view have it. */
  readonly seconds: number
  /** Seconds of processor that it cost the service, and Redis. */
  readonly service: number
  readonly redis: number
}

async function ingest(way: keyof typeof WAYS, count: number): Promise<Burst> {
  const cleanup = new Cleanup()
  try {
    const redis = await startRedis(cleanup)
    const client = new Redis(redis.url)
    cleanup.teardown(() => client.quit())
    const profile = values.profile && { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${values.profile}` }
    const service = await startService(cleanup, {
      service: 'pattern-query',
      env: {
        REDIS_URL: redis.url,
        AUTH_MODE: 'development',
        LOG_LEVEL: 'warn',
        MAX_LIVE_PATTERNS: `${2 * count}`,
        ...profile
      }
    })
    const now = Date.now()
    const commands = Array.from({ length: count }, (_, n) => encoded(WAYS[way](n, now)))
    const stored = async () => {
      const lengths = await Promise.all([...CHANNELS.map(channel => client.xlen(logKey(channel)))])
      const logged = lengths.reduce((sum, length) => sum + length, 0)
      return logged === count && (await client.zcard(UNIFIED_KEY)) === count
    }
    const viewed = async () => {
      const answer = await fetch(`${service.url}/api/patterns/scan?per_page=1`)
      return Value.Parse(Total, await answer.json()).total === count
    }

    const busy = async () => {
      const info = await client.info('cpu')
      const metrics = await (await fetch(`${service.url}/metrics`)).text()
      const redis = numberIn(info, /^used_cpu_user:(\S+)/m) + numberIn(info, /^used_cpu_sys:(\S+)/m)
      return { redis, service: numberIn(metrics, /^process_cpu_seconds_total\S* (\S+)$/m) }
    }

    const before = await busy()
    const began = performance.now()
    await blast(redis.url, commands, way === 'inbox' ? 2 * count : count)
    const within = { within: 120_000, what: `${count} patterns by ${way}` }
    await until(stored, within)
    await until(viewed, within)
    const seconds = (performance.now() - began) / 1_000
    const after = await busy()
    return { seconds, service: after.service - before.service, redis: after.redis - before.redis }
  } finally {
    await cleanup.run()
  }
}

function numberIn(text: string, pattern: RegExp): number {
  const [, number] = pattern.exec(text) ?? []
  return number === undefined ? Number.NaN : Number(number)
}

/** Threshold values of a pattern, as the writer hands them to the script. */
const VALUES = JSON.stringify({ confidence: 0.85, relative_strength: 1.4, relative_volume: 2.1, rsi: 61 })

/** Seconds that Redis takes for the same script, called with as many events at once, its commands ready to be sent. */
async function bound(count: number, atOnce: number): Promise<number> {
  const cleanup = new Cleanup()
  try {
    const redis = await startRedis(cleanup)
    const client = new Redis(redis.url)
    cleanup.teardown(() => client.quit())
    const script = readFileSync(new URL('../../packages/event-log/lua/append.lua', import.meta.url), 'utf8')
    await client.script('LOAD', script)
    const hash = createHash('sha1').update(script).digest('hex')
    const now = Date.now()
    const perChannel = Math.floor(count / CHANNELS.length)
    const commands = Array.from({ length: Math.ceil(perChannel / atOnce) }, (_, call) =>
      CHANNELS.map(channel => {
        const keys = [logKey, headKey, seenKey, statesKey, forgetKey].map(key => key(channel))
        const settings = ['epoch', 86_400_000, 2_000_000, GATEWAY_GROUP_PREFIX, '', 0, 3_600_000, 86_400_000, 1_000_000]
        const events = Array.from({ length: Math.min(atOnce, perChannel - call * atOnce) }, (_, at) => {
          const n = call * atOnce + at
          return [`id-${n}`, producerEvent(n, channel, now), `pattern-${n}`, now, VALUES, now + 3_600_000]
        })
        return encoded(['EVALSHA', hash, keys.length, ...keys, ...settings, ...events.flat()])
      })
    ).flat()

    const began = performance.now()
    await blast(redis.url, commands, 5 * commands.length + CHANNELS.length * perChannel)
    return (performance.now() - began) / 1_000
  } finally {
    await cleanup.run()
  }
}

async function main(count: number): Promise<string> {
  const single = count / (await bound(count, 1))
  const limit = count / (await bound(count, APPENDED_AT_ONCE))
  const rows = [
    ['bound: the append script, one event a call', whole(single), ratio(single, single), '', ''],
    [
      `bound: the append script, ${APPENDED_AT_ONCE} events a call, as we do`,
      whole(limit),
      ratio(limit, single),
      '',
      ''
    ]
  ]
  for (const way of ['pub/sub', 'inbox'] as const) {
    const { seconds, service, redis } = await ingest(way, count)
    const each = (busy: number) => `${((busy * 1e6) / count).toFixed(1)} µs`
    rows.push([
      `ingest by ${way}: log, ZSET and view`,
      whole(count / seconds),
      ratio(count / seconds, single),
      each(service),
      each(redis)
    ])
  }
  const headings = ['', 'events/s', 'of the first bound', 'Node an event', 'Redis an event']
  return `A burst of ${whole(count)} events\n\n${table(headings, rows)}`
}

if (values.help) process.stdout.write(HELP)
else console.log(await main(Number(values.events)))
