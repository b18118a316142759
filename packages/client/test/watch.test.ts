import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { temporaryFolder, until } from '@tickstock/test-kit'
import t, { type Test } from 'tap'
import { TestService } from './server.ts'

const program = join(import.meta.dirname, '../src/watch.ts')

const live = {
  id: 'A:Doji:daily:1',
  symbol: 'A',
  pattern: 'Doji',
  channel: 'daily',
  timeframe: 'daily',
  detected_at: 1,
  confidence: 0.9,
  price: 1,
  change: null,
  indicators: {},
  expires_at: 2,
  updated_at: 1,
  synthetic: true
}

interface Run {
  readonly child: ChildProcessByStdio<null, Readable, Readable>
  out(): string
  err(): string
  readonly ended: Promise<number | null>
}

function watch(t: Test, ...args: string[]): Run {
  const child = spawn(process.execPath, ['--conditions=@tickstock/source', program, ...args], {
    stdio: ['ignore', 'pipe', 'pipe']
  })
  let out = ''
  let err = ''
  child.stdout.on('data', data => {
    out += data
  })
  child.stderr.on('data', data => {
    err += data
  })
  const ended = once(child, 'close').then(([code]): number | null => code)
  t.teardown(() => child.kill('SIGKILL'))
  return { child, out: () => out, err: () => err, ended }
}

t.test('it waits for a system that is not up, survives its restart, and sums up at the end', async t => {
  const before = await new TestService().start(t)
  const { port } = before
  await before.stop()
  const run = watch(t, '--url', `http://127.0.0.1:${port}`, '--channel', 'daily')
  await until(() => run.err().includes('waiting for'))

  const first = await new TestService().start(t, port)
  await until(() => first.sockets.size === 1)
  await until(() => run.err().includes('connected to'))
  await until(() => {
    if (run.out().includes('AAPL')) return true
    if (first.log.top === 0) first.publish('AAPL')
    return false
  })
  await first.stop()
  await until(() => run.err().includes('resuming'))
  const second = await new TestService().start(t, port)
  second.log.append('AAPL')
  await until(() => run.err().includes('connected again'))
  second.publish('MSFT')
  await until(() => run.out().includes('MSFT'))
  run.child.kill('SIGINT')

  t.equal(await run.ended, 0)
  t.match(run.err(), /received 2, missed 0, duplicates dropped 0, reconnects [1-9]/)
  t.match(run.out(), /^time +symbol +pattern .*\n.* AAPL +Doji +daily\/daily .* new .* 1\n.* MSFT .* 2\n$/)
  t.notMatch(run.out(), '\u001b')
})

t.test('a scan waits for a system that is not up, and the rows that live now come first', async t => {
  const before = await new TestService().start(t)
  await before.stop()
  const run = watch(t, '--url', before.url, '--from', 'scan')
  await until(() => run.err().includes('waiting for'))

  const service = new TestService()
  service.answers = [() => ({ status: 200, body: { ...service.scanAnswer(), patterns: [live] } })]
  await service.start(t, before.port)

  await until(() => run.out().includes(' live '))
  run.child.kill('SIGINT')
  t.equal(await run.ended, 0)
  t.match(run.out(), / A +Doji .*90%.* live +synthetic/)
})

t.test('a refused scan ends it', async t => {
  const service = await new TestService().start(t)
  service.answers = [() => ({ status: 401, body: {} })]

  const run = watch(t, '--url', service.url, '--from', 'scan')

  t.equal(await run.ended, 1)
  t.match(run.err(), 'answered 401')
})

t.test('from a scan, as JSON, up to a limit', async t => {
  const service = await new TestService().start(t)
  service.publish('A')
  service.answers = [
    () => ({ status: 503 }),
    () => ({ status: 200, body: { ...service.scanAnswer(), patterns: [live] } })
  ]
  const run = watch(
    t,
    '--url',
    service.url,
    '--from',
    'scan',
    '--channel',
    'daily',
    '--json',
    '--limit',
    '2',
    '--token',
    'k'
  )
  await until(() => run.out().includes('"live"'))

  await until(() => service.sockets.size === 1)
  service.publish('B', 'C', 'D')

  t.equal(await run.ended, 0)
  const lines = run
    .out()
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  t.match(lines, [
    { type: 'live', pattern: live },
    { type: 'event', channel: 'daily', epoch: 'e1', offset: 2, event: { pattern: { symbol: 'B' } } },
    { type: 'event', offset: 3 }
  ])
  t.equal(lines.length, 3)
  t.equal(service.requests[0]?.headers.authorization, 'Bearer k')
})

t.test('the next run goes on where this terminal was, by a file', async t => {
  const service = await new TestService().start(t)
  const store = join(await temporaryFolder(t), 'positions.json')
  await writeFile(store, '{"watch":{"daily":{"epoch":"e1","offset":0}}}')
  const args = ['--url', service.url, '--channel', 'daily', '--store', store, '--json']
  const first = watch(t, ...args, '--limit', '2')
  service.publish('A', 'B', 'C')
  t.equal(await first.ended, 0)

  const second = watch(t, ...args, '--limit', '2')
  await until(() => second.out().includes('"C"'))
  service.publish('D')
  t.equal(await second.ended, 0)

  const symbols = (run: Run) => [...run.out().matchAll(/"symbol":"(\w)"/g)].map(([, symbol]) => symbol)
  t.same(
    [symbols(first), symbols(second)],
    [
      ['A', 'B'],
      ['C', 'D']
    ]
  )
})

t.test('a gap is shown, in words and in the sum', async t => {
  const service = await new TestService().start(t)
  const run = watch(t, '--url', service.url, '--channel', 'daily')
  await until(() => run.err().includes('connected to'))
  service.publish('A')
  await until(() => run.out().includes(' A '))

  service.log.reset()
  service.publish('B')

  await until(() => run.out().includes(' B '))
  t.match(run.out(), /gap \(stream_reset\) in daily: e1:1 → e2:0/)
  run.child.kill('SIGTERM')
  t.equal(await run.ended, 0)
  t.match(run.err(), /gaps 1/)
})

t.test('a stored position that the service lost is shown as a gap, from that of the file', async t => {
  const service = await new TestService().start(t)
  const store = join(await temporaryFolder(t), 'positions.json')
  await writeFile(store, '{"desk":{"daily":{"epoch":"e0","offset":5}}}')
  const acknowledged = ['--from', 'acknowledged', '--name', 'desk', '--store', store]
  const run = watch(t, '--url', service.url, '--channel', 'daily', ...acknowledged)

  await until(() => run.out().includes('gap'))
  service.publish('A')

  await until(() => run.out().includes(' A '))
  t.match(run.out(), /gap \(position_lost\) in daily: e0:5 → e1:0/)
  run.child.kill('SIGTERM')
  t.equal(await run.ended, 0)
  t.match(run.err(), /received 1, gaps 1/)
})

t.test('a refused identity ends it with what to do', async t => {
  const service = await new TestService().start(t)
  service.refuseWith = 4000

  const run = watch(t, '--url', service.url)

  t.equal(await run.ended, 1)
  t.match(run.err(), 'stopped: closed with 4000')
})

t.test('help is printed, and a wrong option is explained', async t => {
  const help = watch(t, '--help')
  t.match(await text(help.child.stdout), '--confidence-min')
  t.equal(await help.ended, 0)

  const wrong = watch(t, '--from', 'yesterday')
  t.equal(await wrong.ended, 2)
  t.match(wrong.err(), '--from is any of now, scan, snapshot, acknowledged')
})
