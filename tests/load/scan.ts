import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { startRedis, startService, until } from '@tickstock/test-kit'
import autocannon from 'autocannon'
import { Redis } from 'ioredis'
import { Cleanup } from './cleanup.ts'
import { patternOf, publish, symbolOf } from './patterns.ts'
import { ratio, table, whole } from './table.ts'

const Ports = Type.Object({ http: Type.Integer(), fastify: Type.Integer() })
const Total = Type.Object({ total: Type.Integer() })

const SCAN = '/api/patterns/scan?per_page=30'

/** Filters as a dashboard varies them: no two alike in a row, so that no cache of answers is measured. */
const variedScans = Array.from({ length: 400 }, (_, n) => {
  const filters = [
    `symbols=${symbolOf(n * 7)},${symbolOf(n * 11)},${symbolOf(n * 13)}`,
    `pattern_types=${patternOf(n)}&confidence_min=0.${50 + (n % 45)}`,
    `timeframe=Daily&rs_min=${(n % 20) / 10}&sort_by=rs`,
    `confidence_min=0.${60 + (n % 35)}&sort_by=detected_at&page=${1 + (n % 5)}`,
    `pattern_types=${patternOf(n)},${patternOf(n + 1)}&vol_min=${(n % 30) / 10}&rsi_range=${n % 40},${60 + (n % 40)}`
  ]
  return { path: `${SCAN}&${filters[n % filters.length]}` }
})

interface Load {
  readonly url: string
  readonly connections: number
  readonly seconds: number
  readonly requests?: readonly { readonly path: string }[]
}

async function load({ url, connections, seconds, requests }: Load) {
  const result = await autocannon({
    url,
    connections,
    duration: seconds,
    ...(requests && { requests: requests.map(request => ({ ...request })) })
  })
  if (result.non2xx > 0 || result.errors > 0) {
    throw new Error(`${url}: ${result.non2xx} answers other than 2xx, ${result.errors} errors`)
  }
  return { perSecond: result.requests.average, p50: result.latency.p50, p99: result.latency.p99 }
}

/** Scans of pattern-query beside a ready body of the same size from bare Fastify and bare node:http. */
export async function scanBenchmark({
  counts,
  seconds
}: {
  counts: readonly number[]
  seconds: number
}): Promise<string> {
  const cleanup = new Cleanup()
  try {
    const redis = await startRedis(cleanup)
    const client = new Redis(redis.url)
    cleanup.teardown(() => client.quit())
    const service = await startService(cleanup, {
      service: 'pattern-query',
      env: { REDIS_URL: redis.url, AUTH_MODE: 'development', LOG_LEVEL: 'warn' }
    })
    const total = async () =>
      Value.Parse(Total, await (await fetch(`${service.url}/api/patterns/scan?per_page=1`)).json()).total

    const rows: string[][] = []
    let bounds: { bodyBytes: number; fastify: number } | undefined
    let published = 0
    for (const count of counts) {
      await publish(client, count - published, Date.now(), published)
      published = count
      await until(async () => (await total()) === count, { within: 60_000, what: `${count} live patterns` })

      bounds ??= await measureBounds(rows, service.url, seconds)
      const url = `${service.url}${SCAN}`
      const measured: [string, Load][] = [
        ['same query', { url, connections: 10, seconds }],
        ['varied filters', { url: service.url, connections: 10, seconds, requests: variedScans }],
        ['varied filters', { url: service.url, connections: 50, seconds, requests: variedScans }]
      ]
      for (const [what, options] of measured) {
        const { perSecond, p50, p99 } = await load(options)
        rows.push([
          `${whole(count)} patterns, ${what}`,
          `${options.connections}`,
          whole(perSecond),
          `${p50} ms`,
          `${p99} ms`,
          ratio(perSecond, bounds.fastify)
        ])
      }
    }
    return `Scans, 30 rows a page (${whole(bounds?.bodyBytes ?? 0)} bytes)\n\n${table(
      ['', 'connections', 'scans/s', 'p50', 'p99', 'of bare Fastify'],
      rows
    )}`
  } finally {
    await cleanup.run()
  }
}

async function measureBounds(rows: string[][], serviceUrl: string, seconds: number) {
  const bodyBytes = (await (await fetch(`${serviceUrl}${SCAN}`)).arrayBuffer()).byteLength
  const child = spawn(process.execPath, [fileURLToPath(new URL('./bounds/http.ts', import.meta.url)), `${bodyBytes}`], {
    stdio: ['ignore', 'pipe', 'inherit']
  })
  try {
    const [line] = await once(child.stdout, 'data')
    const ports: Static<typeof Ports> = Value.Parse(Ports, JSON.parse(`${line}`))
    const http = await load({ url: `http://127.0.0.1:${ports.http}`, connections: 10, seconds })
    const fastify = await load({ url: `http://127.0.0.1:${ports.fastify}`, connections: 10, seconds })
    for (const [what, { perSecond, p50, p99 }] of [
      ['bound: bare node:http, a ready buffer', http],
      ['bound: bare Fastify, a ready buffer', fastify]
    ] as const) {
      rows.push([what, '10', whole(perSecond), `${p50} ms`, `${p99} ms`, ratio(perSecond, fastify.perSecond)])
    }
    return { bodyBytes, fastify: fastify.perSecond }
  } finally {
    child.kill('SIGKILL')
  }
}
