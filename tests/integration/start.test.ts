import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TSchema } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { listSymbols, listWatchlists, ScanAnswer } from '@tickstock/contracts'
import { createDatabase, startPostgres, startRedis, temporaryFolder, until } from '@tickstock/test-kit'
import getPort from 'get-port'
import { Redis } from 'ioredis'
import t from 'tap'
import { launchSystem } from './launched.ts'
import { childNaming, processesNaming } from './processes.ts'
import { producerEvent, publish } from './producer.ts'
import { Subscriber } from './subscriber.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const start = ['node', join(root, 'infra/launcher/bootstrap.mjs'), 'start'] as const
const ANY_PORT = { PORT: '' }

const read = async <Schema extends TSchema>(schema: Schema, url: string, headers = {}) => {
  const answer = await fetch(url, { headers })
  return Value.Parse(schema, await answer.json())
}

t.test('two starts on the same data: everything runs, what was written stays, and nothing is left behind', async t => {
  const dataDir = join(await temporaryFolder(t), 'data')
  const launch = (...args: string[]) =>
    launchSystem(t, { command: start, cwd: root, args: ['--data', dataDir, ...args], env: ANY_PORT, within: 200_000 })
  const you = { 'X-User-ID': 'you' }

  const first = await launch()
  const scan = await read(ScanAnswer, `${first.url}/api/patterns/scan?per_page=100`)
  t.ok(scan.total > 0, `${scan.total} patterns are live`)
  const { symbols } = await read(listSymbols.schema.response[200], `${first.url}/api/symbols?q=AAPL`)
  t.match(symbols[0], { symbol: 'AAPL', name: /Apple/ })
  const { length: listed } = (await read(listSymbols.schema.response[200], `${first.url}/api/symbols?limit=500`))
    .symbols
  t.equal(listed, 500, 'there are more symbols than a page holds')
  const created = await fetch(`${first.url}/api/users/universe/watchlists`, {
    method: 'POST',
    headers: { ...you, 'Content-Type': 'application/json' },
    body: JSON.stringify({ name: 'Tech', symbols: ['AAPL', 'MSFT'] })
  })
  t.equal(created.status, 201)
  t.match(await (await fetch(first.url)).text(), /TickStock/)

  t.equal(await first.stop(), 0)
  t.same([...(await processesNaming(dataDir)).values()], [], 'no process is left')

  const second = await launch('--no-replay')
  t.comment(/ready in [\d.]+ s/.exec(second.output())?.[0])
  const { watchlists } = await read(listWatchlists.schema.response[200], `${second.url}${listWatchlists.url}`, you)
  t.match(watchlists, [{ name: 'Tech', symbols: ['AAPL', 'MSFT'] }])
  t.ok((await read(ScanAnswer, `${second.url}/api/patterns/scan`)).total > 0, 'patterns outlived the stop')

  t.equal(await second.stop(), 0)
  t.same([...(await processesNaming(dataDir)).values()], [], 'no process is left')
})

t.test('any service is killed while the replay runs: it is started again, and the watcher misses nothing', async t => {
  const dataDir = join(await temporaryFolder(t), 'data')
  const args = ['--data', dataDir, '--rate', '100', '--symbols', '50']
  const system = await launchSystem(t, { command: start, cwd: root, args, env: ANY_PORT, within: 200_000 })
  const launcher = Number(await readFile(join(dataDir, 'launcher.pid'), 'utf8'))
  const watcher = new Subscriber(t, system.url, { channels: ['intraday'] })
  await watcher.live()
  await watcher.received(1)

  for (const service of ['realtime-gateway', 'pattern-query', 'user-universe']) {
    const pid = await childNaming(launcher, `services/${service}/dist/main.cjs`)
    process.kill(pid ?? 0, 'SIGKILL')
    await until(() => new RegExp(`${service}\\S* runs again`).test(system.output()), {
      within: 30_000,
      what: `${service} to run again`
    })
    await watcher.received(watcher.events.length + 100)
  }

  const [first = 0] = watcher.offsets
  t.same(
    watcher.offsets,
    watcher.offsets.map((_, index) => first + index),
    `${watcher.offsets.length} events, each once and in order`
  )
  t.same(watcher.gaps, [])
  t.equal(await system.stop(), 0)
})

t.test('replaces each service on SIGUSR2, and no request fails meanwhile', async t => {
  const dataDir = join(await temporaryFolder(t), 'data')
  const args = ['--data', dataDir, '--rate', '100', '--symbols', '50']
  const system = await launchSystem(t, { command: start, cwd: root, args, env: ANY_PORT, within: 200_000 })
  const launcher = Number(await readFile(join(dataDir, 'launcher.pid'), 'utf8'))
  const watcher = new Subscriber(t, system.url, { channels: ['intraday'] })
  await watcher.live()
  const isReplaced = () => /realtime-gateway was replaced/.test(system.output())

  process.kill(launcher, 'SIGUSR2')
  const refusals: string[] = []
  while (!isReplaced()) {
    for (const path of ['/api/patterns/scan?per_page=1', '/api/symbols?limit=1']) {
      const answer = await fetch(`${system.url}${path}`)
      const text = await answer.text()
      if (!answer.ok) refusals.push(`${path}: ${text}`)
    }
  }

  t.same(refusals, [])
  for (const service of ['pattern-query', 'pattern-query-2', 'user-universe']) {
    t.match(system.output(), `${service} was replaced`)
  }
  await watcher.received(watcher.events.length + 100)
  const [first = 0] = watcher.offsets
  t.same(
    watcher.offsets,
    watcher.offsets.map((_, index) => first + index),
    `${watcher.offsets.length} events, each once and in order`
  )
  t.same(watcher.gaps, [])
  t.equal(await system.stop(), 0)
})

t.test('loses no published event while either listener is killed', async t => {
  const dataDir = join(await temporaryFolder(t), 'data')
  const args = ['--data', dataDir, '--no-replay']
  const system = await launchSystem(t, { command: start, cwd: root, args, env: ANY_PORT, within: 200_000 })
  const launcher = Number(await readFile(join(dataDir, 'launcher.pid'), 'utf8'))
  const redisUrl = await readFile(join(dataDir, 'redis-url'), 'utf8')
  const redis = new Redis(redisUrl.trim())
  t.teardown(() => redis.disconnect())
  let published = 0

  for (let round = 0; round < 2; round++) {
    const pid = await childNaming(launcher, 'services/pattern-query/dist/main.cjs')
    for (let n = 0; n < 200; n++, published++) {
      if (n === 50) process.kill(pid ?? 0, 'SIGKILL')
      await publish(redis, 'daily', producerEvent(published))
    }
    await until(() => [...system.output().matchAll(/pattern-query\S* runs again/g)].length > round)
  }

  const total = async () => (await read(ScanAnswer, `${system.url}/api/patterns/scan?per_page=1`)).total
  t.equal(await until(async () => ((await total()) === published ? published : undefined)), published)
})

t.test("the user's own Redis and Postgres are used, and nothing embedded in their place", async t => {
  const dataDir = join(await temporaryFolder(t), 'data')
  const redis = await startRedis(t)
  const database = await createDatabase(t, await startPostgres(t))
  const port = await getPort()
  const system = await launchSystem(t, {
    command: start,
    cwd: root,
    args: ['--data', dataDir, '--to', 'pubsub', '--port', `${port}`],
    env: { ...ANY_PORT, REDIS_URL: redis.url, DATABASE_URL: database.url },
    within: 200_000
  })

  t.equal(system.url, `http://localhost:${port}`)
  t.ok((await read(ScanAnswer, `${system.url}/api/patterns/scan`)).total > 0)
  const { symbols } = await read(listSymbols.schema.response[200], `${system.url}/api/symbols?limit=1`)
  t.equal(symbols.length, 1)
  t.notOk((await readdir(dataDir)).some(name => ['redis', 'postgres'].includes(name)))
  t.notMatch(system.output(), new URL(database.url).password)
  t.equal(await system.stop(), 0)
})

t.test('a second start on data in use is refused and disturbs nothing', async t => {
  const dataDir = join(await temporaryFolder(t), 'data')
  const launch = () =>
    launchSystem(t, {
      command: start,
      cwd: root,
      args: ['--data', dataDir, '--no-replay'],
      env: ANY_PORT,
      within: 200_000
    })
  const running = await launch()

  await t.rejects(launch(), { message: /already runs on .*http:\/\/localhost/ })

  t.equal((await fetch(`${running.url}/api/patterns/scan`)).status, 200)
})

t.test('stopped while it starts, it stops what it has started', async t => {
  const dataDir = join(await temporaryFolder(t), 'data')
  const launching = launchSystem(t, {
    command: start,
    cwd: root,
    args: ['--data', dataDir, '--no-replay'],
    env: ANY_PORT,
    within: 200_000
  })
  launching.catch(() => undefined)
  const postgres = await until(async () => [...(await processesNaming(join(dataDir, 'postgres'))).keys()][0])
  t.ok(postgres)

  const [launcher] = (await processesNaming(`main.ts --data ${dataDir}`)).keys()
  process.kill(launcher ?? 0, 'SIGTERM')

  await t.rejects(launching, { message: /ended before it was ready/ })
  await until(async () => (await processesNaming(dataDir)).size === 0, { what: 'every process to end' })
})

t.test('what is wrong with the command line is said, and nothing is started', async t => {
  const launch = (...args: string[]) => launchSystem(t, { command: start, cwd: root, args, within: 200_000 })
  await t.rejects(launch('--port', 'http'), { message: /the port is a whole number.*\n.*--help/ })
  await t.rejects(launch('--help'), { message: /Usage: npm start/ })
})
