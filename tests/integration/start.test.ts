import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TSchema } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { listSymbols, listWatchlists, ScanAnswer } from '@tickstock/contracts'
import { temporaryFolder, until } from '@tickstock/test-kit'
import t from 'tap'
import { launchSystem } from './launched.ts'
import { processesNaming } from './processes.ts'

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
    launchSystem(t, { command: start, cwd: root, args: ['--data', dataDir, ...args], env: ANY_PORT, within: 90_000 })
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

t.test('a second start on data in use is refused and disturbs nothing', async t => {
  const dataDir = join(await temporaryFolder(t), 'data')
  const launch = () =>
    launchSystem(t, {
      command: start,
      cwd: root,
      args: ['--data', dataDir, '--no-replay'],
      env: ANY_PORT,
      within: 60_000
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
    within: 60_000
  })
  launching.catch(() => undefined)
  const redis = await until(async () => [...(await processesNaming(join(dataDir, 'redis'))).keys()][0])
  t.ok(redis)

  const [launcher] = (await processesNaming(`main.ts --data ${dataDir}`)).keys()
  process.kill(launcher ?? 0, 'SIGTERM')

  await t.rejects(launching, { message: /ended before it was ready/ })
  await until(async () => (await processesNaming(dataDir)).size === 0, { what: 'every process to end' })
})

t.test('what is wrong with the command line is said, and nothing is started', async t => {
  const launch = (...args: string[]) => launchSystem(t, { command: start, cwd: root, args, within: 10_000 })
  await t.rejects(launch('--port', 'http'), { message: /the port is a whole number.*\n.*--help/ })
  await t.rejects(launch('--help'), { message: /Usage: npm start/ })
})
