import { connectRedis } from '@tickstock/service-kit'
import { startFaultProxy, startRedis, until } from '@tickstock/test-kit'
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

    const read = redis.blpop('nothing', 0)
    await until(async () => /cmd=blpop/.test(String(await watcher.client('LIST'))), { what: 'the read to block' })
    await proxy.cut()
    await proxy.restore()

    await t.rejects(read, { message: 'Connection is closed.' })
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
  await redis.ping()

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
