import {
  CHANNELS,
  headKey,
  INBOX_KEY,
  logKey,
  producerChannel,
  UNIFIED_KEY,
  UNIFIED_POSITIONS_KEY,
  unifiedStatesKey
} from '@tickstock/contracts'
import { startFaultProxy, startRedis, until } from '@tickstock/test-kit'
import t from 'tap'
import { published } from './events.ts'
import { clientOf, loggedIds, openReplica, scan, startReplica, untilTotal } from './replica.ts'

t.test('a pattern whose time is over goes from scans, ZSET and log, once, with two replicas', async t => {
  const { url } = await startRedis(t)
  const replicas = await Promise.all([startReplica(t, url), startReplica(t, url)])
  const redis = clientOf(t, url)

  await redis.publish(producerChannel('daily'), published('short', { expires_at: Date.now() + 1_000 }))
  await Promise.all(replicas.map(replica => untilTotal(replica, 1)))
  await Promise.all(replicas.map(replica => untilTotal(replica, 0)))

  t.match(await loggedIds(redis, 'daily'), ['short', /^expired:AAPL:Bull_Flag:daily:\d+:\d+:\d+$/])
  t.equal(await redis.zcard(UNIFIED_KEY), 0)
})

t.test('cut off from Redis it goes on answering, says that it is stale, and recovers by itself', async t => {
  const server = await startRedis(t)
  const proxy = await startFaultProxy(t, { target: { host: '127.0.0.1', port: server.port } })
  const replica = await startReplica(t, `redis://127.0.0.1:${proxy.port}`)
  const redis = clientOf(t, server.url)
  await redis.publish(producerChannel('daily'), published('before', { symbol: 'BEFORE' }))
  await untilTotal(replica, 1)

  await proxy.cut()
  await redis.xadd(INBOX_KEY, '*', 'channel', 'daily', 'event', published('meanwhile', { symbol: 'MEANWHILE' }))
  await until(async () => (await scan(replica)).stale)
  t.equal((await scan(replica)).total, 1)
  t.equal((await fetch(`${replica.url}/health/ready`)).status, 200)

  await proxy.restore()
  await untilTotal(replica, 2)
  await until(async () => !(await scan(replica)).stale)
  await until(async () => (await redis.publish(producerChannel('daily'), published('after', { symbol: 'AFTER' }))) > 0)
  await untilTotal(replica, 3)
})

t.test('a Redis killed and brought back with its data: nothing is lost, and it goes on', async t => {
  const first = await startRedis(t, { persistence: 'everysec' })
  const replica = await startReplica(t, first.url)
  const redis = clientOf(t, first.url)
  for (let index = 0; index < 100; index++) {
    await redis.publish(producerChannel('daily'), published(`flow-${index}`, { symbol: `S${index}` }))
  }
  await untilTotal(replica, 100)

  first.kill('SIGKILL')
  await first.exited
  await until(async () => (await scan(replica)).stale)
  await startRedis(t, { persistence: 'everysec', dataDir: first.dataDir, port: first.port })

  await until(async () => !(await scan(replica)).stale)
  await until(async () => (await redis.publish(producerChannel('daily'), published('after', { symbol: 'AFTER' }))) > 0)
  await untilTotal(replica, 101)
  t.equal((await loggedIds(redis, 'daily')).length, 101)
  const another = await startReplica(t, first.url)
  t.equal((await scan(another)).total, 101, 'a replica that starts now has the same')
})

t.test('a Redis that lost everything: a new epoch, and scans hold what the log holds', async t => {
  const { url } = await startRedis(t)
  const replica = await startReplica(t, url)
  const redis = clientOf(t, url)
  await redis.publish(producerChannel('daily'), published('before', { symbol: 'BEFORE' }))
  await untilTotal(replica, 1)
  const { positions } = await scan(replica)

  await redis.flushall()
  await untilTotal(replica, 0)
  t.not((await scan(replica)).positions.daily.epoch, positions.daily.epoch)

  await redis.publish(producerChannel('daily'), published('after', { symbol: 'AFTER' }))
  await redis.xadd(INBOX_KEY, '*', 'channel', 'daily', 'event', published('inbox', { symbol: 'INBOX' }))
  await untilTotal(replica, 2)
  t.equal(await redis.zcard(UNIFIED_KEY), 2)
})

t.test('a head that was lost begins an epoch over the entries that are left', async t => {
  const { url } = await startRedis(t)
  const replica = await startReplica(t, url)
  const redis = clientOf(t, url)
  for (const symbol of ['ONE', 'TWO']) await redis.publish(producerChannel('daily'), published(symbol, { symbol }))
  await untilTotal(replica, 2)
  const { epoch } = (await scan(replica)).positions.daily

  await redis.del(headKey('daily'))
  await redis.publish(producerChannel('daily'), published('THREE', { symbol: 'THREE' }))

  await untilTotal(replica, 3)
  t.not((await scan(replica)).positions.daily.epoch, epoch)
  t.equal(await redis.zcard(UNIFIED_KEY), 3)
})

t.test('live patterns that somebody spoilt are written again from the log', async t => {
  const { url } = await startRedis(t)
  const replica = await startReplica(t, url)
  const redis = clientOf(t, url)
  await redis.publish(producerChannel('daily'), published('one', { symbol: 'ONE' }))
  await untilTotal(replica, 1)

  await redis.del(UNIFIED_POSITIONS_KEY)
  await redis.publish(producerChannel('daily'), published('two', { symbol: 'TWO' }))
  await until(async () => (await redis.zcard(UNIFIED_KEY)) === 2)
  await untilTotal(replica, 2)

  await redis.set(UNIFIED_KEY, 'not a ZSET')
  await redis.publish(producerChannel('daily'), published('three', { symbol: 'THREE' }))
  await untilTotal(replica, 3)
  await redis.del(UNIFIED_KEY, UNIFIED_POSITIONS_KEY, unifiedStatesKey('daily'))
  await until(async () => (await redis.zcard(UNIFIED_KEY)) === 3)
  await untilTotal(replica, 3)
})

t.test('a replica that starts while events come without a pause is ready all the same', async t => {
  const { url } = await startRedis(t)
  const redis = clientOf(t, url)
  const first = await startReplica(t, url)
  let count = 0
  const producer = setInterval(() => {
    const channel = CHANNELS[count++ % CHANNELS.length] ?? 'daily'
    void redis.publish(producerChannel(channel), published(`flow-${count}`, { symbol: `S${count}` }))
  }, 5)
  t.teardown(() => clearInterval(producer))
  await until(() => count > 10)

  const second = await startReplica(t, url)

  clearInterval(producer)
  await Promise.all([first, second].map(replica => untilTotal(replica, count)))
})

t.test('what retention has cut before it was read is told, and the rest goes on', async t => {
  const { url } = await startRedis(t)
  const redis = clientOf(t, url)
  const first = await startReplica(t, url)
  for (let index = 0; index < 10; index++) {
    await redis.publish(producerChannel('daily'), published(`flow-${index}`, { symbol: `S${index}` }))
  }
  await untilTotal(first, 10)
  await first.stop()
  await redis.xtrim(logKey('daily'), 'MAXLEN', 2)
  await redis.hset(UNIFIED_POSITIONS_KEY, 'daily', `${await redis.hget(headKey('daily'), 'epoch')}:3:0:0`)

  const second = await startReplica(t, url)
  t.equal((await scan(second)).total, 10)
  t.equal((await scan(second)).positions.daily.offset, 10)
})

t.test('entries of a former epoch that are not understood are left out', async t => {
  const { url } = await startRedis(t)
  const redis = clientOf(t, url)
  await redis.xadd(logKey('daily'), '1-0', 'epoch', 'old', 'at', '1', 'event', 'not json')
  const replica = await startReplica(t, url)
  await redis.publish(producerChannel('daily'), published('one', { symbol: 'ONE' }))
  await untilTotal(replica, 1)
})

t.test(
  'started without Redis it is not ready, says what is missing and since when, and gets ready by itself',
  async t => {
    const server = await startRedis(t)
    const proxy = await startFaultProxy(t, { target: { host: '127.0.0.1', port: server.port } })
    await proxy.cut()
    const replica = await openReplica(t, `redis://127.0.0.1:${proxy.port}`)
    const ready = () => fetch(`${replica.url}/health/ready`)

    await until(async () => /"detail":"Redis does not answer \(since \d{4}-[^"]*\)"/.test(await (await ready()).text()))
    t.equal((await fetch(`${replica.url}/api/patterns/scan`)).status, 503)

    await proxy.restore()
    await until(async () => (await ready()).status === 200)
    t.equal((await scan(replica)).total, 0)
  }
)

t.test(
  'a Redis that comes back with an older file: a new epoch, and view and ZSET hold what that file holds',
  async t => {
    const first = await startRedis(t)
    const replica = await startReplica(t, first.url)
    const redis = clientOf(t, first.url)
    const say = (flow: string, symbol: string, over = {}) =>
      redis.publish(producerChannel('daily'), published(flow, { symbol, ...over }))
    await say('kept', 'KEPT')
    await say('ended', 'ENDED')
    await untilTotal(replica, 2)
    await until(async () => (await redis.zcard(UNIFIED_KEY)) === 2)
    await redis.save()
    const { epoch } = (await scan(replica)).positions.daily
    await say('lost', 'LOST')
    await redis.publish(
      producerChannel('daily'),
      published('ended', { symbol: 'ENDED' }).replace('pattern_detected', 'pattern_expired')
    )
    await until(async () => (await scan(replica)).positions.daily.offset === 4)

    first.kill('SIGKILL')
    await first.exited
    await startRedis(t, { dataDir: first.dataDir, port: first.port })

    await until(async () => (await scan(replica)).positions.daily.epoch !== epoch)
    await untilTotal(replica, 2)
    await until(async () => (await redis.zcard(UNIFIED_KEY)) === 2)
    await until(async () => (await say('after', 'AFTER')) > 0)
    await untilTotal(replica, 3)
    const another = await startReplica(t, first.url)
    t.same((await scan(another)).patterns, (await scan(replica)).patterns)
    t.equal(await redis.zcard(UNIFIED_KEY), 3)
  }
)

t.test('what comes late does not revive what has ended, in any replica, nor in one that starts later', async t => {
  const { url } = await startRedis(t)
  const first = await startReplica(t, url)
  const redis = clientOf(t, url)
  const say = (flow: string, kind: string, seconds: number) =>
    redis.publish(
      producerChannel('daily'),
      published(flow)
        .replace('pattern_detected', kind)
        .replace(/"timestamp":[\d.]+,/, `"timestamp":${Math.round(Date.now() / 1000) + seconds},`)
    )
  const at = (offset: number) => (replica: typeof first) =>
    until(async () => (await scan(replica)).positions.daily.offset === offset)
  await say('one', 'pattern_detected', -100)
  await at(1)(first)
  await say('one', 'pattern_expired', -50)
  await at(2)(first)
  await until(async () => (await redis.zcard(UNIFIED_KEY)) === 0)
  const second = await startReplica(t, url)

  await say('late', 'pattern_updated', -60)
  await Promise.all([first, second].map(at(3)))
  t.same(await Promise.all([first, second].map(async replica => (await scan(replica)).total)), [0, 0])
  t.match(await (await fetch(`${second.url}/metrics`)).text(), /pattern_query_late_total\{channel="daily"[^}]*\} 1/)

  await say('newer', 'pattern_updated', -40)
  await Promise.all([first, second].map(replica => untilTotal(replica, 1)))
  await until(async () => (await redis.zcard(UNIFIED_KEY)) === 1)
  const [pattern] = (await scan(second)).patterns
  const history = await fetch(`${second.url}/api/patterns/${encodeURIComponent(pattern?.id ?? '')}/history`)
  t.match(await history.json(), {
    complete: true,
    events: [{ position: { offset: 4 }, event: { kind: 'pattern_updated' } }]
  })
})
