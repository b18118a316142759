import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer as createSocketServer } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { openRedis } from '@tickstock/event-log'
import { startRedis, type Teardown, until } from '@tickstock/test-kit'
import t from 'tap'

const FIXTURE = fileURLToPath(new URL('fixtures/tiny-service.ts', import.meta.url))

function startTiny(t: Teardown, env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [...process.execArgv, '--conditions=@tickstock/source', FIXTURE], {
    env: { ...process.env, AUTH_MODE: 'development', NODE_ENV: 'test', ...env },
    stdio: ['ignore', 'pipe', 'inherit']
  })
  t.teardown(() => child.kill('SIGKILL'))
  const lines: Record<string, unknown>[] = []
  createInterface(child.stdout).on('line', line => lines.push(JSON.parse(line)))
  const exited = once(child, 'exit').then(([code, signal]) => ({ code, signal }))
  const said = (text: string) => until(() => lines.find(({ msg }) => String(msg).startsWith(text)), { what: text })
  const address = async () => String((await said('listening at '))['msg']).slice('listening at '.length)
  return { child, lines, exited, said, address }
}

t.test('it starts, says where, answers, and ends in order on a signal', async t => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const tiny = startTiny(t)
    const url = await tiny.address()
    const answer = await fetch(`${url}/whoami`, { headers: { 'x-user-id': 'alice' } })
    t.strictSame(await answer.json(), { user: 'alice' })

    tiny.child.kill(signal)

    t.strictSame(await tiny.exited, { code: 0, signal: null })
    t.strictSame(
      tiny.lines.slice(1).map(({ msg }) => msg),
      ['closing', 'second closed', 'first closed', 'closed']
    )
  }
})

t.test('what is under way is answered, though the signal comes again', async t => {
  const tiny = startTiny(t)
  const slow = fetch(`${await tiny.address()}/slow`)
  await tiny.said('slow begins')

  tiny.child.kill('SIGINT')
  await tiny.said('closing')
  tiny.child.kill('SIGINT')
  tiny.child.kill('SIGTERM')

  t.strictSame(await (await slow).json(), { slow: true })
  t.match(await tiny.exited, { code: 0 })
})

t.test('it is not ready before its port closes', async t => {
  const tiny = startTiny(t, { DRAIN_MS: '2000' })
  const url = await tiny.address()
  t.equal((await fetch(`${url}/health/ready`)).status, 200)

  tiny.child.kill('SIGTERM')
  const answer = await until(async () => {
    const ready = await fetch(`${url}/health/ready`)
    return ready.status === 503 && ready.json()
  })

  t.match(answer, { status: 'draining' })
  t.match(await tiny.exited, { code: 0 })
})

t.test('a signal during the start ends it, and the port is never opened', async t => {
  const tiny = startTiny(t, { TROUBLE: 'slow start' })
  await tiny.said('starting')

  tiny.child.kill('SIGTERM')

  t.match(await tiny.exited, { code: 0 })
  t.strictSame(
    tiny.lines.map(({ msg }) => msg),
    ['starting', 'closing', 'closed']
  )
})

t.test('a request that does not end is cut in time', async t => {
  const tiny = startTiny(t, { TROUBLE: 'slow', SHUTDOWN_MS: '1000' })
  const slow = fetch(`${await tiny.address()}/slow`)
  await tiny.said('slow begins')

  tiny.child.kill('SIGTERM')

  await t.rejects(slow)
  t.match(await tiny.exited, { code: 0 })
  t.ok(tiny.lines.some(({ msg }) => msg === 'requests are still under way: cut'))
})

t.test('a part that does not close is named and left', async t => {
  const tiny = startTiny(t, { TROUBLE: 'hang', SHUTDOWN_MS: '1000' })
  await tiny.address()

  tiny.child.kill('SIGTERM')

  t.match(await tiny.exited, { code: 0 })
  t.ok(tiny.lines.some(({ part, level }) => part === 'second' && level === 'error'))
  t.ok(tiny.lines.some(({ msg }) => msg === 'first closed'))
})

t.test('a bad environment is one line and exit 1', async t => {
  const tiny = startTiny(t, { PORT: 'high', AUTH_MODE: 'token', AUTH_SECRET: '' })

  t.match(await tiny.exited, { code: 1 })
  t.equal(tiny.lines.length, 1)
  t.match(tiny.lines[0], { level: 'fatal', msg: /^cannot start: PORT: expected an integer.*AUTH_SECRET: expected/ })
})

t.test('a database that Redis refuses ends the start, a Redis that is away does not', async t => {
  const { port, url } = await startRedis(t)
  const admin = openRedis({ url, name: 'admin' })
  t.teardown(() => admin.disconnect())
  await admin.config('SET', 'requirepass', 'hunter2secret')
  const refused = startTiny(t, { REDIS_URL: `redis://:hunter2secret@127.0.0.1:${port}/99` })
  t.match(await refused.exited, { code: 1 })
  t.match(refused.lines, [
    {
      level: 'fatal',
      msg: /^cannot start: REDIS_URL: expected a database .*, not 99 \(ERR DB index is out of range\)$/
    }
  ])
  t.notMatch(JSON.stringify(refused.lines), /hunter2/)

  for (const url of [
    `redis://:hunter2secret@127.0.0.1:${port}/3`,
    `redis://127.0.0.1:${port}/3`,
    'redis://127.0.0.1:1/3'
  ]) {
    t.ok(await startTiny(t, { REDIS_URL: url }).address(), url)
  }
})

t.test('a start that fails is one line without secrets, exit 1, and what was opened is closed', async t => {
  const failed = startTiny(t, { TROUBLE: 'start' })
  t.match(await failed.exited, { code: 1 })
  t.match(failed.lines, [
    { level: 'fatal', msg: 'cannot start: the store is not there: redis://[redacted]@store:6379' }
  ])

  const squatter = createSocketServer().listen(0, '127.0.0.1')
  await once(squatter, 'listening')
  t.teardown(() => squatter.close())
  const address = squatter.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const refused = startTiny(t, { PORT: `${port}` })
  t.match(await refused.exited, { code: 1 })
  t.match(
    refused.lines.map(({ msg }) => msg),
    [/^cannot start: listen EADDRINUSE/, 'second closed', 'first closed']
  )
})

t.test('an error that nobody caught is logged, and the end is still in order', async t => {
  const tiny = startTiny(t)
  const url = await tiny.address()

  await fetch(`${url}/crash`).catch(() => {})

  t.match(await tiny.exited, { code: 1 })
  t.match(tiny.lines[1], { level: 'fatal', err: { message: 'nobody catches this' } })
  t.match(tiny.lines.at(-1), { msg: 'closed' })
})
