import { mock } from 'node:test'
import { until } from '@tickstock/test-kit'
import t, { type Test } from 'tap'
import { createClient } from '../src/index.ts'
import { watchNetwork } from '../src/network-events.ts'
import { TestService } from './server.ts'

/** What a browser's global scope has, without a browser. */
class Scope extends EventTarget {
  readonly document = Object.assign(new EventTarget(), { visibilityState: 'visible' })
  readonly performance = performance
}

function given(t: Test) {
  mock.timers.enable({ apis: ['setInterval', 'Date'] })
  t.teardown(() => mock.timers.reset())
  const scope = new Scope()
  const told: string[] = []
  const stop = watchNetwork(({ type }) => told.push(type), scope)
  return { scope, told, stop }
}

const pageShown = (persisted: boolean) => Object.assign(new Event('pageshow'), { persisted })

t.test('tells what a browser says of the network and of its page', async t => {
  const { scope, told } = given(t)

  scope.dispatchEvent(new Event('offline'))
  scope.dispatchEvent(new Event('online'))
  t.same(told.splice(0), ['offline', 'online'])

  scope.document.visibilityState = 'hidden'
  scope.document.dispatchEvent(new Event('visibilitychange'))
  scope.dispatchEvent(pageShown(false))
  t.same(told, [], 'a page that is hidden, or loaded, has not slept')
  scope.document.visibilityState = 'visible'
  scope.document.dispatchEvent(new Event('visibilitychange'))
  scope.dispatchEvent(pageShown(true))
  t.same(told, ['wake', 'wake'])
})

t.test('tells that the wall clock went on while the monotonic one stood still', async t => {
  const { told } = given(t)
  mock.timers.tick(2_000)
  t.same(told, [])

  mock.timers.setTime(Date.now() + 60_000)
  mock.timers.tick(2_000)

  t.same(told, ['wake'])
})

t.test('tells nothing once it is stopped', async t => {
  const { scope, told, stop } = given(t)

  stop()

  scope.dispatchEvent(new Event('offline'))
  scope.dispatchEvent(pageShown(true))
  scope.document.dispatchEvent(new Event('visibilitychange'))
  mock.timers.setTime(Date.now() + 60_000)
  mock.timers.tick(2_000)
  t.same(told, [])
})

t.test('listens to nothing in Node, and without a document in a worker', async t => {
  watchNetwork(() => undefined)()
  const worker = Object.assign(new EventTarget(), { performance })
  const told: string[] = []
  const stop = watchNetwork(({ type }) => told.push(type), worker)

  worker.dispatchEvent(new Event('online'))
  stop()

  t.same(told, ['online'])
})

t.test('a client listens while it has a connection, and until it is closed', async t => {
  const scope = new EventTarget()
  let listeners = 0
  const addEventListener: EventTarget['addEventListener'] = (type, listener, options) => {
    scope.addEventListener(type, listener, options)
    listeners += 1
    const { signal } = typeof options === 'object' ? options : {}
    signal?.addEventListener('abort', () => (listeners -= 1))
  }
  Object.assign(globalThis, { addEventListener })
  t.teardown(() => Reflect.deleteProperty(globalThis, 'addEventListener'))
  const service = await new TestService().start(t)
  const states: string[] = []
  const client = createClient({ url: service.url, user: 'ann', onStatus: ({ state }) => states.push(state) })
  t.equal(listeners, 0)
  client.subscribe({ channels: ['daily'] }, { onEvent: () => undefined })
  await until(() => client.status.state === 'live')
  states.length = 0

  scope.dispatchEvent(new Event('offline'))
  t.same(states, ['offline'])
  await until(() => client.status.state === 'live')
  t.same(states, ['offline', 'live'])
  t.equal(service.sockets.size, 1)
  t.equal(client.counters.reconnects, 0)
  t.not(listeners, 0)

  client.close()
  t.equal(listeners, 0)
})
