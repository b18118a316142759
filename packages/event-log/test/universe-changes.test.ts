import { UNIVERSE_CHANGES_KEY, type UniverseChange } from '@tickstock/contracts'
import { startFaultProxy, startRedis, type Teardown, until } from '@tickstock/test-kit'
import { Redis } from 'ioredis'
import t from 'tap'
import { UniverseChanges, type UniverseSignal } from '../src/index.ts'
import { recordedLogger } from './fixtures/recorded-logger.ts'

const edit = (version: number): UniverseChange => ({
  user: 'alice',
  kind: 'watchlist',
  id: 'c2cb4fb0-52bd-4e5e-b01d-56a3f1b2b7ea',
  version,
  deleted: false,
  at: 1_767_225_600_000
})

/** @param watchdogMs after which a silent connection is given up: by default later than a test ends */
async function following(t: Teardown, watchdogMs = 3_600_000) {
  const server = await startRedis(t)
  const proxy = await startFaultProxy(t, { target: { host: '127.0.0.1', port: server.port } })
  const redis = new Redis(server.url)
  t.teardown(() => redis.disconnect())
  const { records, logger } = recordedLogger()
  const reader = new UniverseChanges({
    connect: () => new Redis(proxy.port, { retryStrategy: null, autoResendUnfulfilledCommands: false }),
    logger,
    blockMs: 100,
    watchdogMs
  })
  const add = (text: string) => redis.xadd(UNIVERSE_CHANGES_KEY, '*', 'change', text)
  const start = () => {
    const signals: UniverseSignal[] = []
    const abort = new AbortController()
    const ended = (async () => {
      for await (const signal of reader.signals(abort.signal)) signals.push(signal)
    })()
    t.teardown(() => {
      abort.abort()
      return ended
    })
    return { signals, abort, ended }
  }
  return { proxy, redis, records, reader, add, start }
}

t.test('what comes after the start is told, once and in order, after a first gap', async t => {
  const { reader, add, start } = await following(t)
  await add(JSON.stringify(edit(1)))

  const began = Date.now()
  const { signals, abort, ended } = start()
  await until(() => signals.length === 1)
  for (const version of [2, 3, 4]) await add(JSON.stringify(edit(version)))
  await until(() => signals.flatMap(signal => (signal.kind === 'changes' ? signal.changes : [])).length === 3)
  abort.abort()
  await ended

  t.strictSame(signals[0], { kind: 'gap' })
  t.strictSame(
    signals
      .slice(1)
      .map(({ kind }) => kind)
      .filter(kind => kind !== 'changes'),
    []
  )
  t.strictSame(
    signals.flatMap(signal => (signal.kind === 'changes' ? signal.changes : [])),
    [edit(2), edit(3), edit(4)]
  )
  t.ok(reader.lastReadAt !== undefined && reader.lastReadAt >= began && reader.lastReadAt <= Date.now())
})

t.test('a stream that is not there yet is waited for', async t => {
  const { add, start } = await following(t)
  const { signals } = start()
  await until(() => signals.length === 1)

  await add(JSON.stringify(edit(1)))

  t.strictSame(await until(() => signals[1]), { kind: 'changes', changes: [edit(1)] })
})

for (const failure of ['cut', 'frozen'] as const) {
  t.test(`a connection that is ${failure} costs a gap, and it goes on`, async t => {
    const { proxy, add, records, start } = await following(t, 200)
    const { signals } = start()
    await until(() => signals.length === 1)

    if (failure === 'frozen') proxy.freeze()
    else await proxy.cut()
    await until(() => records.some(({ message }) => message.endsWith('fails')))
    await add(JSON.stringify(edit(1)))
    await proxy.cut()
    proxy.thaw()
    await proxy.restore()

    t.strictSame(await until(() => signals[1]), { kind: 'gap' })
    await add(JSON.stringify(edit(2)))
    t.strictSame(await until(() => signals.at(-1)?.kind === 'changes' && signals.at(-1)), {
      kind: 'changes',
      changes: [edit(2)]
    })
    t.ok(records.some(({ message }) => message.endsWith('works again')))
  })
}

t.test('what is not understood is told as a gap, and what stands beside it is not lost', async t => {
  const { redis, add, records, start } = await following(t)
  const { signals } = start()
  await until(() => signals.length === 1)

  const all = redis.multi()
  for (const text of ['{', '{"user":1}', JSON.stringify(edit(1))]) all.xadd(UNIVERSE_CHANGES_KEY, '*', 'change', text)
  all.xadd(UNIVERSE_CHANGES_KEY, '*', 'other', JSON.stringify(edit(2)))
  await all.exec()

  t.strictSame(await until(() => signals[2]), { kind: 'changes', changes: [edit(1)] })
  t.strictSame(signals[1], { kind: 'gap' })
  t.equal(records.filter(({ level }) => level === 'error').length, 3)
  await add(JSON.stringify(edit(3)))
  t.match(await until(() => signals[3]), { kind: 'changes', changes: [{ version: 3 }] })
})

t.test('aborted while it waits, or before, it ends', async t => {
  const { start, reader } = await following(t)
  const { signals, abort, ended } = start()
  await until(() => signals.length === 1)
  abort.abort()
  await ended
  t.strictSame(await reader.signals(AbortSignal.abort()).next(), { value: undefined, done: true })
})
