import { API_PERFORMANCE_KEY } from '@tickstock/contracts'
import { connectRedis } from '@tickstock/service-kit'
import { startFaultProxy, startRedis, until } from '@tickstock/test-kit'
import t, { type Test } from 'tap'
import { PerformanceLog } from '../../src/stores/performance-log.ts'
import { silent } from '../events.ts'

async function open(t: Test, { commandTimeout = 60_000, now }: { commandTimeout?: number; now?: () => number } = {}) {
  const server = await startRedis(t)
  const proxy = await startFaultProxy(t, { target: { host: '127.0.0.1', port: server.port } })
  const url = `redis://${proxy.host}:${proxy.port}`
  const redis = connectRedis({ url, name: 'test', logger: silent, commandTimeout })
  t.teardown(() => redis.disconnect())
  await until(() => redis.status === 'ready')
  return { redis, proxy, log: new PerformanceLog(redis, now) }
}

const entry = (duration: number, over = {}) =>
  JSON.stringify({ endpoint: '/scan', method: 'GET', status: 200, duration, ...over })

t.test('figures are of the newest entries; what is no entry is left out', async t => {
  const { redis, log } = await open(t)
  const strange = ['not json', '{}', '[]', 'null', '{"endpoint":"/a"}', '{"endpoint":"/a","duration":-1}', '7']
  await redis.lpush(API_PERFORMANCE_KEY, ...strange, entry(0.002, { weight: 3 }), '{"endpoint":"old","duration":0.5}')

  const { window, routes } = await log.figures()

  t.equal(window.requests, 4)
  t.match(routes, [
    { method: 'GET', route: '/scan', count: 3, p50_ms: 2 },
    { method: '-', route: 'old', count: 1, p50_ms: 500 }
  ])
})

t.test('ten thousand entries are read without holding up others', async t => {
  const { redis, log } = await open(t)
  await redis.lpush(API_PERFORMANCE_KEY, ...Array.from({ length: 12_000 }, (_, n) => entry(n / 1e6)))
  let turns = 0
  const turning = setInterval(() => turns++, 0)
  const { window } = await log.figures()
  clearInterval(turning)
  t.equal(window.requests, 10_000)
  t.ok(turns > 3)
})

t.test('calls within a second share one reading', async t => {
  let now = 0
  const { redis, log } = await open(t, { now: () => now })
  await redis.lpush(API_PERFORMANCE_KEY, entry(1))
  const first = log.figures()
  t.equal(log.figures(), first)
  await first
  await redis.lpush(API_PERFORMANCE_KEY, entry(1))
  now = 999
  t.equal((await log.figures()).window.requests, 1)
  now = 1_000
  t.equal((await log.figures()).window.requests, 2)
})

t.test('while Redis is away they cannot be told, and are told again when it is back', async t => {
  const { redis, proxy, log } = await open(t, { commandTimeout: 500 })
  await until(() => redis.lpush(API_PERFORMANCE_KEY, entry(1)))

  proxy.freeze()
  await t.rejects(log.figures(), { code: 'log_unavailable' })
  proxy.thaw()
  await proxy.cut()
  await until(() => redis.status !== 'ready')
  await t.rejects(log.figures(), { code: 'log_unavailable' })

  await proxy.restore()
  await until(async () => redis.status === 'ready' && (await log.figures()).window.requests === 1)
})

t.test('a failure is not remembered: the next call reads again', async t => {
  const { redis, log } = await open(t)
  await redis.set(API_PERFORMANCE_KEY, 'no list')
  await t.rejects(log.figures())

  await redis.del(API_PERFORMANCE_KEY)
  await redis.lpush(API_PERFORMANCE_KEY, entry(1))

  t.equal((await log.figures()).window.requests, 1)
})
