import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { superviseProcess } from '../src/index.ts'
import { isRunning, whenEnded } from './fixtures/running.ts'
import { temporaryFolder } from './fixtures/temporary-folder.ts'

t.test('its output is kept line by line, and its end is told', async t => {
  const lines: string[] = []
  const script = 'echo "$GREETING"; echo two >&2; exit 3'

  const started = await superviseProcess({
    command: ['sh', '-c', script],
    env: { GREETING: 'one' },
    onLine: line => lines.push(line)
  })

  t.equal(started.exit, undefined)
  t.same(await started.exited, { code: 3, signal: null })
  t.same(started.exit, { code: 3, signal: null })
  t.same([...started.log].sort(), ['one', 'two'])
  t.same(lines, started.log)
})

t.test('a program that does not exist ends at once and says so', async t => {
  const started = await superviseProcess({ command: ['no-such-program'] })

  t.equal((await started.exited).code, 127)
  t.match(started.log.join('\n'), /no-such-program.*not found/)
})

t.test('only the last 1,000 lines are kept', async t => {
  const script = 'n=0; while [ $n -lt 1500 ]; do n=$((n + 1)); echo $n; done'
  const started = await superviseProcess({ command: ['sh', '-c', script] })

  await started.exited

  t.equal(started.log.length, 1_000)
  t.equal(started.log.at(-1), '1500')
})

t.test('what ignores the stop signal is killed after the deadline, with its children', async t => {
  const script = 'trap "" TERM; sleep 600 & echo $!; while :; do wait; done'
  const firstLine = Promise.withResolvers<string>()
  const started = await superviseProcess({
    command: ['sh', '-c', script],
    stopWithin: 200,
    onLine: firstLine.resolve
  })
  const child = Number(await firstLine.promise)

  t.same(await started.stop(), { code: null, signal: 'SIGKILL' })

  await whenEnded(child)
  t.same(await started.stop(), { code: null, signal: 'SIGKILL' }, 'a second stop changes nothing')
})

t.test('a signal to the terminal reaches us alone: each process leads a session of its own', async t => {
  const started = await superviseProcess({ command: ['sleep', '600'] })
  t.teardown(() => started.stop())

  // Signals from a terminal go to the foreground group; this succeeds only if the process leads another one.
  t.doesNotThrow(() => process.kill(-started.pid, 0))
})

for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
  t.test(`nothing outlives its parent when that gets ${signal}`, async t => {
    const script = fileURLToPath(new URL('fixtures/parent.ts', import.meta.url))
    const parent = spawn(process.execPath, ['--conditions=@tickstock/source', script, await temporaryFolder(t)], {
      stdio: ['pipe', 'pipe', 'inherit']
    })
    const [line] = await once(parent.stdout, 'data')
    const { redis, nginx, nginxUrl } = JSON.parse(String(line))
    t.ok(await isRunning(redis))
    t.equal((await fetch(nginxUrl)).status, 200)

    parent.kill(signal)

    await whenEnded(redis)
    await whenEnded(nginx)
    await t.rejects(fetch(nginxUrl), 'its workers are gone too')
  })
}
