import { createServer, type HealthOptions, health } from '@tickstock/service-kit'
import { type Teardown, until } from '@tickstock/test-kit'
import t from 'tap'
import { readableLogger } from './fixtures/log-lines.ts'

function appWith(t: Teardown, options: Partial<HealthOptions> = {}) {
  const log = readableLogger()
  const app = createServer({ logger: log.logger })
  app.register(health, { service: 'test', ...options })
  t.teardown(() => app.close())
  return { app, log }
}

t.test('it is live whatever its checks say', async t => {
  const { app } = appWith(t, { checks: { store: () => Promise.reject(new Error('gone')) } })

  const answer = await app.inject('/health/live')

  t.equal(answer.statusCode, 200)
  t.strictSame(answer.json(), { service: 'test', status: 'live', checks: {} })
})

t.test('it is ready when all checks pass, and says which does not', async t => {
  let up = true
  const { app, log } = appWith(t, {
    checks: {
      always: () => 'PONG',
      store: () => {
        if (!up) throw new Error('connect redis://:hunter2@store')
      }
    }
  })

  const ready = await app.inject('/health/ready')
  up = false
  const notReady = await app.inject('/health/ready')

  t.equal(ready.statusCode, 200)
  t.strictSame(ready.json(), {
    service: 'test',
    status: 'ready',
    checks: { always: { ok: true }, store: { ok: true } }
  })
  t.equal(notReady.statusCode, 503)
  t.match(notReady.json(), {
    status: 'not_ready',
    checks: { store: { ok: false, detail: 'connect redis://[redacted]@store' } }
  })
  t.match(
    log.entries().find(({ msg }) => msg === 'readiness changed'),
    { from: 'ready', to: 'not_ready' }
  )
})

t.test('a check that hangs or throws no error fails in time', async t => {
  const { app } = appWith(t, { checks: { mute: () => new Promise(() => {}), odd: () => Promise.reject('text') } })

  const answer = await app.inject('/health/ready')

  t.equal(answer.statusCode, 503)
  t.match(answer.json().checks, { mute: { ok: false, detail: /within 900 ms/ }, odd: { ok: false, detail: 'text' } })
})

t.test('requests that overlap share one check', async t => {
  let checks = 0
  const { app } = appWith(t, {
    checks: {
      slow: () => {
        checks += 1
        return new Promise(resolve => setImmediate(resolve))
      }
    }
  })
  await app.ready()

  await Promise.all(Array.from({ length: 50 }, () => app.inject('/health/ready')))

  t.ok(checks < 50)
})

t.test('while it drains it is live and not ready, and still answers', async t => {
  const { app } = appWith(t, { drainMs: 1 })
  // Keeps the server between its draining and the close of its port, as long as the test needs.
  const { promise: looked, resolve: close } = Promise.withResolvers<void>()
  app.register(async app => app.addHook('preClose', () => looked))
  const url = await app.listen({ port: 0 })
  t.equal((await fetch(`${url}/health/ready`)).status, 200)

  const closing = app.close()
  const draining = await until(async () => {
    const answer = await fetch(`${url}/health/ready`)
    return answer.status === 503 && answer.json()
  })

  t.match(draining, { status: 'draining' })
  t.equal((await fetch(`${url}/health/live`)).status, 200)
  close()
  await closing
})
