import { API_PERFORMANCE_KEY, API_PERFORMANCE_LENGTH, checkOf, PerformanceEntry } from '@tickstock/contracts'
import { connectRedis, createRegistry, createServer, performanceLog } from '@tickstock/service-kit'
import { startFaultProxy, startRedis, until } from '@tickstock/test-kit'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { readableLogger } from '../fixtures/log-lines.ts'

const { accepts } = checkOf(PerformanceEntry)

async function startApp(t: Test) {
  const server = await startRedis(t)
  const proxy = await startFaultProxy(t, { target: { host: '127.0.0.1', port: server.port } })
  const client = new Redis(server.url)
  t.teardown(() => client.disconnect())
  const { logger } = readableLogger({ level: 'silent' })
  const redis = connectRedis({
    url: `redis://${proxy.host}:${proxy.port}`,
    name: 'test',
    logger,
    commandTimeout: 1_000
  })
  t.teardown(() => redis.disconnect())
  await until(() => redis.status === 'ready')

  const registry = createRegistry()
  const app = createServer({ logger })
  app.register(performanceLog, { service: 'test', redis, registry })
  app.get('/things/:id', () => ({}))
  app.get('/fails', () => {
    throw new Error('no')
  })
  t.teardown(() => app.close())

  const entries = async () =>
    (await client.lrange(API_PERFORMANCE_KEY, 0, -1)).map(text => {
      const entry: unknown = JSON.parse(text)
      if (!accepts(entry)) throw new Error(`not an entry: ${text}`)
      return entry
    })
  const counted = async (outcome: 'recorded' | 'dropped') =>
    Number(
      new RegExp(`api_performance_requests_total{outcome="${outcome}"} (\\d+)`).exec(await registry.metrics())?.[1] ?? 0
    )
  return { app, proxy, client, entries, counted }
}

t.test('every request stands in the list: route, method, status, seconds, when and by whom; newest first', async t => {
  const { app, entries, counted } = await startApp(t)
  const before = Date.now()
  await app.inject('/things/one')
  await app.inject({ url: '/things/two', method: 'HEAD' })
  await app.inject('/fails')
  await app.inject({ url: '/nowhere/three', method: 'POST' })
  await until(async () => (await entries()).length === 4)

  const [nowhere, fails, head, get] = await entries()
  t.match(get, { endpoint: '/things/:id', method: 'GET', status: 200, service: 'test' })
  t.match(head, { endpoint: '/things/:id', method: 'HEAD', status: 200 })
  t.match(fails, { endpoint: '/fails', status: 500 })
  t.match(nowhere, { endpoint: 'none', method: 'any', status: 404 })
  t.ok((get?.at ?? 0) >= before && (get?.at ?? 0) <= Date.now())
  t.ok((get?.duration ?? 0) > 0 && (get?.duration ?? 1) < 1)
  await until(async () => (await counted('recorded')) === 4)
})

t.test('what was asked just before the end is written', async t => {
  const { app, entries } = await startApp(t)
  await app.inject('/things/one')
  await app.close()
  t.equal((await entries()).length, 1)
})

t.test('the list has a bound, whoever wrote it', async t => {
  const { app, client, entries } = await startApp(t)
  const strange = Array.from({ length: API_PERFORMANCE_LENGTH + 5 }, () => '{"endpoint":"scan","duration":0.1}')
  await client.lpush(API_PERFORMANCE_KEY, ...strange)
  await app.inject('/things/one')
  await until(async () => (await entries()).length === API_PERFORMANCE_LENGTH)
  t.match((await entries())[0], { endpoint: '/things/:id' })
})

t.test('while Redis is away requests are answered, and what is not recorded is counted', async t => {
  const { app, proxy, entries, counted } = await startApp(t)
  await app.inject('/things/one')
  await until(async () => (await counted('recorded')) === 1)

  await proxy.cut()
  t.equal((await app.inject('/things/two')).statusCode, 200)
  await until(async () => (await counted('dropped')) === 1)

  await proxy.restore()
  await until(async () => {
    await app.inject('/things/three')
    return (await counted('recorded')) > 1
  })
  t.ok((await entries()).length >= 2)
})

t.test('a Redis that hangs holds back a bounded number of requests', async t => {
  const { app, proxy, counted } = await startApp(t)
  await app.inject('/things/one')
  await until(async () => (await counted('recorded')) === 1)
  await proxy.freeze()
  await until(async () => {
    await app.inject('/things/two')
    return (await counted('dropped')) > 0
  })
  await proxy.thaw()
})
