import { CHANNELS, logKey } from '@tickstock/contracts'
import { startRedisCluster, until } from '@tickstock/test-kit'
import t from 'tap'
import { LogReader, LogWriter, openLog, openRedis, openSubscriber, type RedisClient } from '../src/index.ts'
import { eventOf } from './fixtures/event-of.ts'
import { follow, offsetsOf } from './fixtures/follow.ts'
import { recordedLogger } from './fixtures/recorded-logger.ts'

const cluster = await startRedisCluster(t, { masters: 3 })

function open(t: { teardown(end: () => unknown): unknown }, options: Partial<Parameters<typeof openRedis>[0]> = {}) {
  const redis = openRedis({ url: cluster.url, name: 'test', commandTimeout: 2_000, ...options })
  redis.on('error', () => undefined)
  t.teardown(() => redis.disconnect())
  return redis
}

const inARow = Array.from({ length: 20 }, (_, n) => `key ${n}`)

/** As long as a key's node is on its way back some commands fail: those who need them ask again. */
const again = <Reply>(command: () => Promise<Reply>) => until(command)

t.test('keys of all nodes are read and written', async t => {
  const redis = open(t)

  await Promise.all(inARow.map(key => redis.set(key, key)))

  t.same(await Promise.all(inARow.map(key => redis.get(key))), inARow)
  const counts = await Promise.all(cluster.nodes.map(async node => Number(await node.ask('DBSIZE'))))
  t.ok(counts.every(count => count > 0))
})

t.test('a command that is under way when its node hangs up fails, and is not sent again', async t => {
  const redis = open(t)
  const key = 'waited for'
  const node = await cluster.masterOf(key)
  await redis.exists(key)

  const failed = t.rejects(redis.blpop(key, 0), { message: 'Connection is closed.' })
  await until(async () => /cmd=blpop/.test(String(await node.ask('CLIENT', 'LIST'))), { what: 'the read to block' })
  await node.ask('CLIENT', 'KILL', 'TYPE', 'normal')

  await failed
  await again(() => redis.set('other', 'x'))
  t.equal(await again(() => redis.rpush(key, 'not taken by anybody')), 1)
})

t.test('a log whose slot moves, key by key, loses nothing and is read on', async t => {
  const redis = open(t)
  const writer = new LogWriter({ redis, channel: 'daily' })
  const from = await again(() => openLog(redis, 'daily'))
  const { logger } = recordedLogger()
  const connect = () => openRedis({ url: cluster.url, name: 'reader' }).on('error', () => undefined)
  const reader = follow(t, new LogReader({ connect, channel: 'daily', from, logger, blockMs: 200 }))
  let last = 0
  const append = async () => {
    await again(() => writer.append(eventOf(last + 1)))
    last += 1
  }
  await append()
  const source = await cluster.masterOf(logKey('daily'))
  const target = cluster.nodes.find(node => node !== source) ?? source
  const slot = Number(await source.ask('CLUSTER', 'KEYSLOT', logKey('daily')))
  const id = await target.ask('CLUSTER', 'MYID')

  await target.ask('CLUSTER', 'SETSLOT', slot, 'IMPORTING', String(await source.ask('CLUSTER', 'MYID')))
  await source.ask('CLUSTER', 'SETSLOT', slot, 'MIGRATING', String(id))
  await append()
  const moving = (async () => {
    const keys = await source.ask('CLUSTER', 'GETKEYSINSLOT', slot, 100)
    for (const key of Array.isArray(keys) ? keys.map(String) : []) {
      await source.ask('MIGRATE', '127.0.0.1', target.port, key, 0, 5_000)
    }
  })()
  await append()
  await moving
  await append()
  for (const node of [target, source]) await node.ask('CLUSTER', 'SETSLOT', slot, 'NODE', String(id))
  await append()
  await reader.idleAt(last)

  t.equal(Number(await target.ask('XLEN', logKey('daily'))), last)
  t.same(offsetsOf(reader.entries), [1, 2, 3, 4, 5])
  t.same(reader.gaps, [])
})

t.test('no node is asked for a script that it does not know, so that calls keep their order', async t => {
  const redis = open(t)
  const channels = CHANNELS.map(channel => ({ channel, writer: new LogWriter({ redis, channel }) }))
  for (const key of inARow) await again(() => redis.exists(key))
  const refused = async () => Promise.all(cluster.nodes.map(node => node.info('errorstats', 'errorstat_NOSCRIPT')))
  const before = await refused()

  for (const node of cluster.nodes) await node.ask('SCRIPT', 'FLUSH')
  await redis.set('key', 'x')
  for (const { writer } of channels) {
    await Promise.all([101, 102, 103].map(n => writer.append(eventOf(n))))
  }

  t.same(await refused(), before)
})

t.test('what is published on one node is heard on another, also when the first that is asked is away', async t => {
  const [, second, third] = cluster.nodes
  const url = `redis-cluster://127.0.0.1:1,127.0.0.1:${second?.port}`
  const heard: string[] = []
  const subscriber = openSubscriber({ url, name: 'ear', commandTimeout: 2_000 })
  subscriber.on('error', () => undefined)
  subscriber.on('message', (_, text: string) => heard.push(text))
  t.teardown(() => subscriber.disconnect())

  await again(() => subscriber.subscribe('news'))
  await third?.ask('PUBLISH', 'news', 'good')
  await until(() => heard.length > 0)

  t.same(heard, ['good'])
})

t.test(
  'a cluster that is away costs a command its time-out and no more, and is used again when it is back',
  async t => {
    const { port } = cluster.nodes[0] ?? {}
    const redis = open(t, { url: `redis-cluster://127.0.0.1:${port}`, commandTimeout: 300 })
    await again(() => redis.set('key 1', 'there'))

    for (const node of cluster.nodes) node.freeze()
    await t.rejects(redis.get('key 1'), { message: 'Command timed out' })
    await t.rejects(redis.pipeline().get('key 1').exec().then(firstError), { message: 'Command timed out' })
    const late = open(t, { commandTimeout: 300 })
    await t.rejects(late.set('given up', 'x'), { message: 'Command timed out' })
    for (const node of cluster.nodes) node.thaw()

    t.equal(await again(() => redis.get('key 1')), 'there')
    t.equal(await again(() => late.get('key 1')), 'there')
    const holder = await cluster.masterOf('given up')
    t.equal(await holder.ask('EXISTS', 'given up'), 0)
  }
)

t.test('without a time-out a command fails with the attempt that it waits for', async t => {
  const redis = openRedis({ url: 'redis-cluster://127.0.0.1:1,127.0.0.1:2', name: 'nobody there' })
  redis.on('error', () => undefined)
  t.teardown(() => redis.disconnect())

  await t.rejects(redis.get('key'), { message: 'Connection is closed.' })
  await t.rejects(redis.pipeline().get('key').exec(), { message: 'None of startup nodes is available' })
})

t.test('who does not persist is told at once', async t => {
  const redis = openRedis({ url: 'redis-cluster://127.0.0.1:1', name: 'once', lazyConnect: true, persistent: false })
  redis.on('error', () => undefined)

  await t.rejects(redis.connect(), { message: 'None of startup nodes is available' })
  t.teardown(() => redis.disconnect())
})

t.test('all nodes that are killed and come back are found again', async t => {
  const redis: RedisClient = open(t)
  await again(() => redis.set('key 2', 'there'))

  await Promise.all(cluster.nodes.map(node => node.kill()))
  await t.rejects(redis.get('key 2'))
  await Promise.all(cluster.nodes.map(node => node.restart()))

  t.equal(await again(() => redis.set('key 2', 'again')), 'OK')
})

function firstError(replies: [Error | null, unknown][] | null) {
  for (const [error] of replies ?? []) if (error) throw error
}
