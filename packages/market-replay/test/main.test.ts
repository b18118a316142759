import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { INBOX_KEY } from '@tickstock/contracts'
import { startRedis, until } from '@tickstock/test-kit'
import { Redis } from 'ioredis'
import t from 'tap'
import { symbolsDatabase } from './fixtures/symbols-database.ts'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))

interface Run {
  readonly child: ChildProcess
  readonly output: () => string
  readonly exited: Promise<unknown>
}

function run(args: readonly string[], environment: NodeJS.ProcessEnv = {}): Run {
  const child = spawn(process.execPath, ['--conditions=@tickstock/source', MAIN, ...args], {
    env: { ...process.env, ...environment }
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (output += chunk))
  return { child, output: () => output, exited: once(child, 'close').then(([code]) => code) }
}

t.test('it explains itself', async t => {
  const help = run(['--help'])
  t.equal(await help.exited, 0)
  t.match(help.output(), /market-replay: real market bars/)

  const wrong = run(['--rate', 'fast'])
  t.equal(await wrong.exited, 2)
  t.match(wrong.output(), /--rate is a number from 0.01 to 5000, not 'fast'\nSee --help/)

  const missing = run(['--once', '--days', '9999', '--redis', 'redis://127.0.0.1:1', '--quiet'])
  t.equal(await missing.exited, 1)
  t.match(missing.output(), /days: at most/)
})

t.test('ends with a sentence for an address of Redis that cannot be used', async t => {
  const { url } = await startRedis(t)
  for (const [address, expected] of [
    [`${url}/99`, /^REDIS_URL or --redis: expected a database that .* not 99 \(ERR DB index is out of range\)\n$/],
    [`${url}/abc`, /^REDIS_URL or --redis: expected a url of Redis, .*\n$/]
  ] as const) {
    const refused = run([], { REDIS_URL: address })
    t.equal(await refused.exited, 1)
    t.match(refused.output(), expected)
  }
})

t.test('it publishes to the inbox up to its limit, and reports', async t => {
  const server = await startRedis(t)
  const replay = run(['--once', '--limit', '300', '--rate', '5000', '--symbols', '20', '--to', 'inbox'], {
    REDIS_URL: server.url
  })

  t.equal(await replay.exited, 0)
  t.match(replay.output(), /300 events \(daily \d+, intraday \d+, combo \d+\) .* to the inbox · bars of 2018/)
  const redis = new Redis(server.url)
  t.teardown(() => redis.disconnect())
  t.equal(await redis.xlen(INBOX_KEY), 300)
})

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  t.test(`${signal} ends it cleanly, whether or not Redis answers`, async t => {
    const server = await startRedis(t)
    const replay = run(['--backlog', '10', '--rate', '1', '--symbols', '5', '--redis', server.url, '--to', 'inbox'])
    const redis = new Redis(server.url)
    t.teardown(() => redis.disconnect())
    await until(() => redis.xlen(INBOX_KEY), { what: 'the first event' })
    replay.child.kill(signal)
    t.equal(await replay.exited, 0)

    const alone = run(['--symbols', '5', '--redis', 'redis://127.0.0.1:1'])
    await until(() => alone.output().includes('Redis does not answer'), { what: 'the report of the outage' })
    t.match(alone.output(), /ECONNREFUSED.*nothing is skipped/)
    alone.child.kill(signal)
    t.equal(await alone.exited, 0)
  })
}

t.test('it loads symbols', async t => {
  const { url, client } = await symbolsDatabase(t)

  const load = run(['load-symbols'], { DATABASE_URL: url })
  t.equal(await load.exited, 0)
  t.match(load.output(), /^\d{4} symbols: \d{4} added, 0 changed, 0 unchanged\n$/)

  const missing = run(['load-symbols', '/nowhere/own.csv', '--database', url])
  t.equal(await missing.exited, 1)
  t.match(missing.output(), /ENOENT.*own\.csv/)

  await client.query('DROP TABLE symbols')
  const early = run(['load-symbols', '--database', url])
  t.equal(await early.exited, 1)
  t.match(early.output(), /relation "symbols" does not exist/)

  const help = run(['load-symbols', '--help'])
  t.equal(await help.exited, 0)
  t.match(help.output(), /^load-symbols: what can be traded/)
})
