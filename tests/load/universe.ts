import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { startRedis, startService } from '@tickstock/test-kit'
import { Cleanup } from './cleanup.ts'
import { Pace } from './pace.ts'
import { table, whole } from './table.ts'
import { Crowd } from './universe-crowd.ts'
import { universeDatabase, type Work } from './universe-database.ts'

const HELP = `Usage: npm run bench:universe -- [options]

Lets a crowd of users (Zipf, nine of ten requests read) use two replicas of user-universe, first without and then with
Redis, and shows by Postgres' own statistics how many reads reached it. Fails when a read misses what its user wrote.

  --users N     default 300
  --rate N      requests a second, default 400
  --seconds N   of each of the two, default 60
  --quick       60 users, 200 requests a second, 10 seconds: to see that it runs
  --help        this text
`

const { values } = parseArgs({
  options: {
    users: { type: 'string' },
    rate: { type: 'string' },
    seconds: { type: 'string' },
    quick: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h' }
  }
})

interface Load {
  readonly users: number
  readonly rate: number
  readonly seconds: number
}

interface Outcome extends Work {
  readonly reads: number
  readonly writes: number
  readonly staleReads: number
  readonly p50: number
  readonly p99: number
}

const SYMBOLS = Array.from({ length: 500 }, (_, n) => `S${n}`)

/** The crowd over two new replicas and a new database. */
async function measure(load: Load, cached: boolean): Promise<Outcome> {
  const cleanup = new Cleanup()
  try {
    const { env, count, reset, symbols } = await universeDatabase(cleanup)
    await symbols(SYMBOLS)
    const { DATABASE_RELAY_URL, ...database } = env
    const cache = cached ? { DATABASE_RELAY_URL, REDIS_URL: (await startRedis(cleanup)).url } : {}
    const urls: string[] = []
    for (let replica = 0; replica < 2; replica++) {
      const service = await startService(cleanup, {
        service: 'user-universe',
        env: { ...database, ...cache, AUTH_MODE: 'development', LOG_LEVEL: 'error' }
      })
      urls.push(service.url)
    }
    const crowd = new Crowd({ urls, users: load.users, symbols: SYMBOLS })
    cleanup.teardown(() => crowd.leave())
    await crowd.settle()
    await reset()
    await paced(crowd, load)
    const work = await count()
    const { reads, writes, staleReads, latencies } = crowd
    latencies.sort((one, other) => one - other)
    const at = (share: number) => latencies[Math.floor(latencies.length * share)] ?? Number.NaN
    return { ...work, reads, writes, staleReads, p50: at(0.5), p99: at(0.99) }
  } finally {
    await cleanup.run()
  }
}

/** Requests at an even rate, whether the ones before are answered or not. */
async function paced(crowd: Crowd, { rate, seconds }: Load): Promise<void> {
  const pace = new Pace()
  const end = Date.now() + seconds * 1_000
  const underWay = new Set<Promise<void>>()
  pace.set(rate, Date.now())
  while (Date.now() < end) {
    for (let due = pace.take(Date.now()); due > 0; due--) {
      const act = crowd.act().finally(() => underWay.delete(act))
      underWay.add(act)
    }
    await delay(2)
  }
  await Promise.all(underWay)
}

function report(load: Load, without: Outcome, cached: Outcome): string {
  const row = (name: string, outcome: Outcome) => [
    name,
    whole(outcome.reads),
    whole(outcome.universes),
    `${((100 * outcome.universes) / outcome.reads).toFixed(1)} %`,
    whole(outcome.writes),
    whole(outcome.statements),
    whole(outcome.rows),
    `${outcome.p50.toFixed(1)} ms`,
    `${outcome.p99.toFixed(1)} ms`,
    whole(outcome.staleReads)
  ]
  const share = (what: 'universes' | 'statements' | 'rows') =>
    `${(100 * (1 - cached[what] / cached.reads / (without[what] / without.reads))).toFixed(1)} %`
  return [
    `${load.users} users (Zipf), ${load.rate} requests a second for ${load.seconds} s, two replicas, load generator on the same machine\n`,
    table(
      [
        '',
        'reads',
        'reached Postgres',
        'of them',
        'writes',
        'statements',
        'rows',
        'read p50',
        'p99',
        'stale own reads'
      ],
      [row('without Redis', without), row('with Redis', cached)]
    ),
    `\nFewer with Redis, for as many requests: reads that reached Postgres ${share('universes')}, all statements ${share('statements')}, rows ${share('rows')}.`,
    'By pg_stat_statements: statements and rows are those of every role, with what a write reads of its own user.'
  ].join('\n')
}

if (values.help) process.stdout.write(HELP)
else {
  const defaults = values.quick ? { users: 60, rate: 200, seconds: 10 } : { users: 300, rate: 400, seconds: 60 }
  const load = {
    users: Number(values.users ?? defaults.users),
    rate: Number(values.rate ?? defaults.rate),
    seconds: Number(values.seconds ?? defaults.seconds)
  }
  const without = await measure(load, false)
  const cached = await measure(load, true)
  console.log(report(load, without, cached))
  if (without.staleReads + cached.staleReads > 0) {
    console.error('a read missed what its user had written')
    process.exitCode = 1
  }
}
