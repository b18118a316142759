import { fileURLToPath } from 'node:url'
import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { startRedis, startService, until } from '@tickstock/test-kit'
import autocannon from 'autocannon'
import { Redis } from 'ioredis'
import { Child } from './child.ts'
import { Cleanup } from './cleanup.ts'
import { publish } from './patterns.ts'
import { repeatedScans, SCAN, type ScanPath, unseenScans } from './scan-queries.ts'
import { ratio, table, whole } from './table.ts'

const Ports = Type.Object({ http: Type.Integer(), fastify: Type.Integer() })
const Total = Type.Object({ total: Type.Integer() })
const Ages = Type.Object({ samples: Type.Integer(), p50: Type.Number(), p99: Type.Number(), most: Type.Number() })
const Memory = Type.Object({ json: Type.Number(), beyond: Type.Number() })
const Stats = Type.Object({ scans: Type.Object({ answered: Type.Integer(), remembered: Type.Integer() }) })

export interface ScanBenchmarkOptions {
  /** Live patterns, ascending. */
  readonly counts: readonly number[]
  readonly connections: readonly number[]
  /** Of each measurement. */
  readonly seconds: number
  /** Each contender in turn so often, of which the best counts: the rest is what the machine did besides. */
  readonly rounds: number
  /** Events a second that come in meanwhile. */
  readonly rate: number
}

interface Load {
  readonly url: string
  readonly connections: number
  readonly seconds: number
  /** The queries of each connection: its own, so that none is asked twice by two. */
  readonly scans?: (connection: number) => readonly ScanPath[]
}

interface Measured {
  readonly perSecond: number
  readonly p50: number
  readonly p99: number
}

async function load({ url, connections, seconds, scans }: Load): Promise<Measured> {
  let connection = 0
  const result = await autocannon({
    url,
    connections,
    duration: seconds,
    ...(scans && {
      setupClient: client => client.setRequests(scans(connection++).map(scan => ({ ...scan })))
    })
  })
  if (result.non2xx > 0 || result.errors > 0) {
    throw new Error(`${url}: ${result.non2xx} answers other than 2xx, ${result.errors} errors`)
  }
  return { perSecond: result.requests.average, p50: result.latency.p50, p99: result.latency.p99 }
}

/** Runs each in turn, round by round. */
async function best(rounds: number, loads: Readonly<Record<string, Load>>): Promise<Record<string, Measured>> {
  const measured: Record<string, Measured> = {}
  for (let round = 0; round < rounds; round++) {
    for (const [name, each] of Object.entries(loads)) {
      const now = await load(each)
      if (now.perSecond > (measured[name]?.perSecond ?? 0)) measured[name] = now
    }
  }
  return measured
}

/**
 * Scans of pattern-query while events come in, beside a ready body of the same size from bare Fastify and bare node:http: real processes, each in turn, in
 * one run.
 */
export async function scanBenchmark(options: ScanBenchmarkOptions): Promise<string> {
  const { counts, rate } = options
  const rows: string[][] = []
  const ages: string[][] = []
  for (const count of counts) {
    const cleanup = new Cleanup()
    try {
      await measureCount(cleanup, count, options, rows, ages)
    } finally {
      await cleanup.run()
    }
  }
  return [
    `Scans, 30 rows a page (some 10 KB), while ${whole(rate)} events/s come in. Goals: at least 80 % of bare Fastify for unseen filters at 20,000 patterns, p99 below 5 ms at 10 connections`,
    table(['', 'connections', 'scans/s', 'p50', 'p99', 'of bare Fastify', 'known'], rows),
    'How much older than the log an answer is, under that load. Goal: at most 50 ms',
    table(['', 'samples', 'p50', 'p99', 'most'], ages),
    await memoryOf(counts)
  ].join('\n\n')
}

async function measureCount(
  cleanup: Cleanup,
  count: number,
  { connections, seconds, rounds, rate }: ScanBenchmarkOptions,
  rows: string[][],
  ages: string[][]
) {
  const redis = await startRedis(cleanup)
  const client = new Redis(redis.url)
  cleanup.teardown(() => client.quit())
  const env = { REDIS_URL: redis.url, AUTH_MODE: 'development', LOG_LEVEL: 'warn', MAX_LIVE_PATTERNS: `${2 * count}` }
  const { url } = await startService(cleanup, { service: 'pattern-query', env })
  const total = async () => Value.Parse(Total, await (await fetch(`${url}/api/patterns/scan?per_page=1`)).json()).total
  const born = Date.now()
  await publish(client, count, born)
  await until(async () => (await total()) === count, { within: 120_000, what: `${count} live patterns` })

  const bodyBytes = (await (await fetch(`${url}${SCAN}`)).arrayBuffer()).byteLength
  const bound = new Child(cleanup, './bounds/http.ts', [`${bodyBytes}`])
  const ports: Static<typeof Ports> = Value.Parse(Ports, JSON.parse(await bound.line()))
  const producer = new Child(cleanup, './scan-producer.ts', [redis.url, url, `${count}`, `${born}`, `${rate}`])
  await producer.line()

  const hits = async () => Value.Parse(Stats, await (await fetch(`${url}/api/patterns/stats`)).json()).scans
  for (const each of connections) {
    const common = { connections: each, seconds }
    const unseen = unseenScans(count, each)
    const repeated = repeatedScans(count)
    const { http, fastify, ours } = await best(rounds, {
      http: { ...common, url: `http://127.0.0.1:${ports.http}`, scans: unseen },
      fastify: { ...common, url: `http://127.0.0.1:${ports.fastify}`, scans: unseen },
      ours: { ...common, url, scans: unseen }
    })
    const before = await hits()
    const { dashboards } = await best(1, { dashboards: { ...common, url, scans: repeated } })
    const after = await hits()
    const known = (after.remembered - before.remembered) / (after.answered - before.answered)
    const row = (what: string, measured: Measured | undefined, share = '') => {
      if (!measured || !fastify) return
      const { perSecond, p50, p99 } = measured
      const of = ratio(perSecond, fastify.perSecond)
      rows.push([`${whole(count)}: ${what}`, `${each}`, whole(perSecond), `${p50} ms`, `${p99} ms`, of, share])
    }
    row('bound, bare node:http, a ready buffer', http)
    row('bound, bare Fastify, a ready buffer', fastify)
    row('unseen filters', ours)
    row('50 filters again and again', dashboards, ratio(known, 1))
  }
  const age: Static<typeof Ages> = Value.Parse(Ages, JSON.parse(await producer.ask('ages')))
  ages.push([`${whole(count)} patterns`, ...[age.samples, age.p50, age.p99, age.most].map(each => `${each}`)])
}

async function memoryOf(counts: readonly number[]): Promise<string> {
  const cleanup = new Cleanup()
  try {
    const count = counts.at(-1) ?? 1_000
    const program = fileURLToPath(new URL('../../services/pattern-query/test/bench/memory.ts', import.meta.url))
    const { json, beyond } = Value.Parse(
      Memory,
      JSON.parse(await new Child(cleanup, program, [`${count}`], ['--expose-gc']).line())
    )
    return `Memory of a pattern among ${whole(count)}: its JSON ${whole(json)} bytes, and ${whole(beyond)} bytes beyond it. Goal: below 1,024`
  } finally {
    await cleanup.run()
  }
}
