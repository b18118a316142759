import {
  startFaultProxy,
  startRedis,
  startRedisCluster,
  startSentinel,
  type Teardown,
  until
} from '@tickstock/test-kit'
import t from 'tap'
import { checkRedisUrl, openRedis } from '../src/index.ts'

function open(t: Teardown, url: string) {
  const errors: string[] = []
  const redis = openRedis({ url, name: 'test', commandTimeout: 1_000 })
  redis.on('error', (error: Error) => errors.push(error.message))
  t.teardown(() => redis.disconnect())
  return { redis, errors }
}

t.test('a database that a server does not have is named, the password is not', async t => {
  const { port, url } = await startRedis(t, { settings: ['databases 4'] })
  await open(t, url).redis.config('SET', 'requirepass', 'secret')
  const refusal = {
    name: 'RedisUrlError',
    message: 'HERE: expected a database that the server has and lets be used, not 4 (ERR DB index is out of range)'
  }

  await t.rejects(checkRedisUrl(`redis://:secret@127.0.0.1:${port}/4`, 'HERE'), refusal)
  await checkRedisUrl(`redis://:secret@127.0.0.1:${port}/3`)
})

t.test('a node of a cluster that is addressed alone refuses a database', async t => {
  const { nodes } = await startRedisCluster(t)
  const [node] = nodes

  await t.rejects(checkRedisUrl(`redis://127.0.0.1:${node?.port}/1`), { message: /not 1 \(ERR SELECT is not allowed/ })
  await checkRedisUrl(`redis-cluster://127.0.0.1:${node?.port}/0`)
})

t.test('a database that a master behind Sentinels does not have is refused', async t => {
  const { sentinels } = await startSentinel(t, { replicas: 1 })
  const hosts = sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',')

  await t.rejects(checkRedisUrl(`redis-sentinel://${hosts}/tickstock/99`), { message: /^REDIS_URL: .* not 99 / })
  await checkRedisUrl(`redis-sentinel://${hosts}/tickstock/9`)
})

t.test('a server that cannot say so passes the check', async t => {
  const server = await startRedis(t)
  await open(t, server.url).redis.config('SET', 'requirepass', 'secret')

  await checkRedisUrl(`redis://127.0.0.1:${server.port}/99`)
  await checkRedisUrl('redis://127.0.0.1:1/99')
  await checkRedisUrl('redis-sentinel://127.0.0.1:1/tickstock/99')
  const proxy = await startFaultProxy(t, { target: { host: '127.0.0.1', port: server.port } })
  proxy.freeze()
  await checkRedisUrl(`redis://127.0.0.1:${proxy.port}/99`)
  proxy.thaw()
})

t.test('after a refused SELECT nothing is written to database 0, also on a later connection', async t => {
  const server = await startRedis(t)
  const { redis, errors } = open(t, `${server.url}/3`)
  await redis.set('key', 'first')

  await server.stop()
  const smaller = await startRedis(t, { port: server.port, settings: ['databases 2'] })
  const { redis: zeroOfSmaller } = open(t, smaller.url)
  const wrote = await until(
    async () => errors.some(text => text.startsWith('ERR DB index')) && redis.set('key', 'x').catch(String)
  )

  t.match(wrote, /Error/)
  t.equal(await zeroOfSmaller.dbsize(), 0)
  await smaller.stop()
  const whole = await startRedis(t, { port: server.port })
  await until(() => redis.set('key', 'again'), { what: 'the database to be back' })
  t.equal(await open(t, whole.url).redis.dbsize(), 0)
})
