import { superviseProcess } from '@tickstock/embedded-servers'
import { until } from '@tickstock/test-kit'
import t from 'tap'
import { Keeper, type Running } from '../src/keeper.ts'
import { Stack } from '../src/stack.ts'

const forever = () => superviseProcess({ command: ['sh', '-c', 'while :; do sleep 1; done'] })
const alive = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

t.test('a process that is killed is noticed and started again', async t => {
  const notes: string[] = []
  const keeper = new Keeper({ name: 'market', start: forever, onNote: note => notes.push(note) })
  await keeper.start()
  t.teardown(() => keeper.stop())
  const first = keeper.pid ?? 0

  process.kill(first, 'SIGKILL')
  const second = await until(() => keeper.pid !== first && keeper.pid)

  t.same(notes, ['market ended (SIGKILL), starting it again', `market runs again (process ${second})`])
})

t.test('starts a successor before it ends the process of before', async t => {
  const order: string[] = []
  let starts = 0
  const start = async () => {
    const name = `process ${++starts}`
    const running = await forever()
    order.push(`${name} started`)
    const stop = () => {
      order.push(`${name} ended`)
      return running.stop()
    }
    return { ...running, stop }
  }
  const keeper = new Keeper({ name: 'market', start, onNote: note => order.push(note) })
  await keeper.start()
  t.teardown(() => keeper.stop())

  await keeper.replace()

  const { pid } = keeper
  t.same(order, ['process 1 started', 'process 2 started', 'process 1 ended', `market was replaced (process ${pid})`])
  process.kill(pid ?? 0, 'SIGKILL')
  await until(() => starts === 3 && keeper.pid)
})

t.test('keeps the process of before when a successor does not start', async t => {
  const notes: string[] = []
  let starts = 0
  const start = async () => {
    if (++starts === 2) throw new Error('port taken')
    return forever()
  }
  const keeper = new Keeper({ name: 'market', start, onNote: note => notes.push(note) })
  await keeper.start()
  t.teardown(() => keeper.stop())
  const { pid } = keeper

  await keeper.replace()

  t.same(notes, ['market was not replaced: port taken'])
  t.equal(keeper.pid, pid)
  t.ok(alive(pid ?? 0))
})

t.test('starts one successor alone when what it replaces ends meanwhile', async t => {
  const opening = Promise.withResolvers<void>()
  let starts = 0
  const start = async () => {
    if (++starts === 2) await opening.promise
    return forever()
  }
  const keeper = new Keeper({ name: 'market', start, onNote: () => undefined })
  await keeper.start()
  t.teardown(() => keeper.stop())

  const replaced = keeper.replace()
  await until(() => starts === 2)
  process.kill(keeper.pid ?? 0, 'SIGKILL')
  opening.resolve()
  await replaced

  t.equal(starts, 2)
  t.ok(alive(keeper.pid ?? 0))
})

t.test('stopped, it stays stopped, and leaves no process', async t => {
  const keeper = new Keeper({ name: 'market', start: forever, onNote: note => t.fail(note) })
  await keeper.start()
  const pid = keeper.pid ?? 0

  await keeper.stop()

  t.equal(keeper.pid, undefined)
  t.notOk(alive(pid))
})

t.test('what goes wrong at the first start is thrown', async t => {
  const keeper = new Keeper({
    name: 'market',
    start: () => Promise.reject(new Error('closed')),
    onNote: note => t.fail(note)
  })
  await t.rejects(keeper.start(), { message: 'closed' })
  await keeper.stop()
})

t.test('a restart that fails is told and tried again', async t => {
  const notes: string[] = []
  let starts = 0
  const start = async () => {
    starts++
    if (starts === 2) throw new Error('port taken')
    return forever()
  }
  const keeper = new Keeper({ name: 'market', start, onNote: note => notes.push(note) })
  await keeper.start()
  t.teardown(() => keeper.stop())
  process.kill(keeper.pid ?? 0, 'SIGKILL')

  await until(() => starts === 3 && keeper.pid)

  t.ok(notes.includes('market did not start: port taken'))
})

t.test('stopped while it waits to restart, or while it starts, it ends what it started', async t => {
  const waiting = new Keeper({
    name: 'a',
    start: () => superviseProcess({ command: ['true'] }),
    onNote: () => undefined
  })
  await waiting.start()
  await until(() => waiting.pid === undefined)
  await waiting.stop()
  t.equal(waiting.pid, undefined)

  const opening = Promise.withResolvers<void>()
  let started: Running | undefined
  const starting = new Keeper({
    name: 'b',
    start: async () => {
      await opening.promise
      started = await forever()
      return started
    },
    onNote: note => t.fail(note)
  })
  const first = starting.start()
  const stopped = starting.stop()
  opening.resolve()
  await Promise.all([first, stopped])
  t.notOk(alive(started?.pid ?? 0))
})

t.test('a stack closes in reverse, once, and starts nothing more', async t => {
  const ended: string[] = []
  const stack = new Stack(note => t.fail(note))
  const named = (name: string) => async () => {
    const running = await forever()
    const stop = () => {
      ended.push(name)
      return running.stop()
    }
    return { ...running, stop }
  }
  for (const name of ['redis', 'service', 'replay']) await stack.keep(name, named(name))
  t.same(Object.keys(stack.pids), ['redis', 'service', 'replay'])

  await Promise.all([stack.close(), stack.close()])

  t.same(ended, ['replay', 'service', 'redis'])
  await t.rejects(stack.keep('late', forever), { message: /being stopped/ })
})
