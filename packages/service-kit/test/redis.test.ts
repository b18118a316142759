import { openSubscriber } from '@tickstock/event-log'
import { connectRedis, logOutages } from '@tickstock/service-kit'
import { startFaultProxy, startRedis, startRedisCluster, until } from '@tickstock/test-kit'
import t from 'tap'
import { readableLogger } from './fixtures/log-lines.ts'

t.test('it comes back after an outage, and the log has one line for each end of it', async t => {
  const server = await startRedis(t)
  const proxy = await startFaultProxy(t, { target: { host: '127.0.0.1', port: server.port } })
  const log = readableLogger()
  const redis = connectRedis({
    url: `redis://127.0.0.1:${proxy.port}`,
    name: 'outages',
    logger: log.logger,
    commandTimeout: 5_000
  })
  t.teardown(() => redis.disconnect())
  t.equal(await redis.client('GETNAME'), 'outages')

  await proxy.cut()
  await t.rejects(redis.ping())
  await until(() => log.entries().some(({ msg }) => msg === 'Redis does not answer'))
  await proxy.restore()
  await until(() => redis.ping())

  t.match(log.entries(), [
    { level: 'warn', connection: 'outages', msg: 'Redis does not answer' },
    { level: 'info', connection: 'outages', msg: 'Redis answers again', ms: Number }
  ])
})

t.test(
  'a command that was on its way when the connection broke fails at once, also when Redis is back at once',
  async t => {
    const server = await startRedis(t)
    const proxy = await startFaultProxy(t, { target: { host: '127.0.0.1', port: server.port } })
    const { logger } = readableLogger()
    const redis = connectRedis({ url: `redis://127.0.0.1:${proxy.port}`, name: 'under way', logger })
    t.teardown(() => redis.disconnect())
    const watcher = connectRedis({ url: server.url, name: 'watcher', logger })
    t.teardown(() => watcher.disconnect())
    await redis.ping()

    const failed = t.rejects(redis.blpop('nothing', 0), { message: 'Connection is closed.' })
    await until(async () => /cmd=blpop/.test(String(await watcher.client('LIST'))), { what: 'the read to block' })
    await proxy.cut()
    await proxy.restore()

    await failed
    await until(() => redis.ping(), { what: 'the connection to be back' })
  }
)

t.test('a mute server costs a command its time-out, no more', async t => {
  const server = await startRedis(t)
  const proxy = await startFaultProxy(t, { target: { host: '127.0.0.1', port: server.port } })
  const redis = connectRedis({
    url: `redis://127.0.0.1:${proxy.port}`,
    name: 'mute',
    logger: readableLogger().logger,
    commandTimeout: 100
  })
  t.teardown(() => redis.disconnect())
  await until(() => redis.ping())

  proxy.freeze()

  await t.rejects(redis.ping(), { message: 'Command timed out' })
  proxy.thaw()
})

t.test('a refused password does not reach the log', async t => {
  const server = await startRedis(t)
  const log = readableLogger()
  const admin = connectRedis({ url: server.url, name: 'admin', logger: log.logger })
  t.teardown(() => admin.disconnect())
  await admin.config('SET', 'requirepass', 'another-password')
  const redis = connectRedis({
    url: `redis://:hunter2secret@127.0.0.1:${server.port}`,
    name: 'wrong',
    logger: log.logger
  })
  t.teardown(() => redis.disconnect())

  await redis.ping().catch(error => log.logger.error({ err: error }, 'ping'))
  await until(() => log.entries().length > 0)

  t.notMatch(log.text(), /hunter2/)
})

t.test('a node of a cluster that is away is logged as such, and so is its return', async t => {
  const cluster = await startRedisCluster(t)
  const log = readableLogger()
  const redis = connectRedis({ url: cluster.url, name: 'nodes', logger: log.logger, commandTimeout: 2_000 })
  t.teardown(() => redis.disconnect())
  const node = await cluster.masterOf('key')
  const about = { connection: 'nodes', node: `127.0.0.1:${node.port}` }
  const said = (msg: string) => log.entries().filter(entry => entry.msg === msg && entry['node'] === about.node)
  await redis.exists('key')

  await node.kill()
  await t.rejects(until(() => redis.set('key', 'x'), { within: 100 }))
  await until(() => said('Redis does not answer').length > 0)
  await node.restart()
  await until(() => redis.set('key', 'x'))
  await until(() => said('Redis answers again').length > 0)

  t.match(said('Redis does not answer'), [{ level: 'warn', ...about }])
  t.equal(said('Redis does not answer').length, 1)
  t.match(said('Redis answers again'), [{ level: 'info', ...about, ms: Number }])
})

t.test('that no Sentinel answers is logged as such, and so is its return', async t => {
  const log = readableLogger()
  const url = 'redis-sentinel://127.0.0.1:1/main'
  const redis = connectRedis({ url, name: 'led', logger: log.logger, commandTimeout: 100 })
  t.teardown(() => redis.disconnect())
  const said = (msg: string) => log.entries().filter(entry => entry.msg === msg)

  await until(() => said('Sentinel does not answer').length > 0)
  redis.emit('sentinel ready')

  t.match(said('Sentinel does not answer'), [{ level: 'warn', connection: 'led' }])
  t.match(said('Sentinel answers again'), [{ level: 'info', connection: 'led', ms: Number }])
})

t.test('a password that a cluster or a Sentinel refuses does not reach the log', async t => {
  const server = await startRedis(t, { settings: ['cluster-enabled yes'] })
  const log = readableLogger()
  const admin = connectRedis({ url: server.url, name: 'admin', logger: log.logger })
  t.teardown(() => admin.disconnect())
  await admin.config('SET', 'requirepass', 'another-password')
  const host = `127.0.0.1:${server.port}`
  const urls = [
    `redis-cluster://me:hunter2secret@${host}`,
    `redis-sentinel://me:hunter2secret@${host}/main?sentinel_password=hunter2secret`
  ]

  for (const url of urls) {
    const redis = connectRedis({ url, name: 'wrong', logger: log.logger, commandTimeout: 300 })
    const ear = openSubscriber({ url, name: 'wrong ear', commandTimeout: 300 })
    logOutages(ear, log.logger)
    t.teardown(() => [redis, ear].forEach(client => void client.disconnect()))
    await redis.ping().catch(error => log.logger.error({ err: error, url }, 'ping'))
    await ear.subscribe('news').catch(error => log.logger.error({ err: error, url }, 'subscribe'))
  }

  t.match(log.text(), /WRONGPASS|NOAUTH|unreachable/)
  t.notMatch(log.text(), /hunter2/)
})
