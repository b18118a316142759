import { Value } from '@sinclair/typebox/value'
import {
  CHANNELS,
  type Channel,
  DEAD_LETTER_KEY,
  headKey,
  INBOX_KEY,
  logKey,
  PRODUCER_BASE,
  producerChannel,
  ScanAnswer,
  UNIFIED_KEY,
  UNIFIED_MEMBERS_KEY,
  UNIFIED_POSITIONS_KEY
} from '@tickstock/contracts'
import { readRange } from '@tickstock/event-log'
import { startFaultProxy, startRedis, startService, until } from '@tickstock/test-kit'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { published } from './events.ts'

const env = (url: string, more = {}) => ({
  REDIS_URL: url,
  AUTH_MODE: 'development',
  LOG_LEVEL: 'warn',
  STALE_AFTER_MS: '400',
  ...more
})

const service = (t: Test, url: string, more = {}) => startService(t, { service: 'pattern-query', env: env(url, more) })

function clientOf(t: Test, url: string) {
  const redis = new Redis(url, { retryStrategy: () => 50 })
  redis.on('error', () => {})
  t.teardown(() => redis.disconnect())
  return redis
}

const scan = async ({ url }: { readonly url: string }, query = '') => {
  const reply = await fetch(`${url}/api/patterns/scan?${query}`)
  if (reply.status !== 200) throw new Error(`${reply.status}: ${await reply.text()}`)
  return Value.Parse(ScanAnswer, await reply.json())
}

const total = (of: { readonly url: string }, expected: number) =>
  until(async () => (await scan(of)).total === expected, { within: 60_000, what: `${expected} patterns at ${of.url}` })

async function flowsOf(redis: Redis, channel: Channel): Promise<string[]> {
  const ids: string[] = []
  for (let after = 0; ; ) {
    const entries = await readRange(redis, channel, { after, count: 1000 })
    if (entries.length === 0) return ids
    ids.push(...entries.map(({ event }) => event.id))
    after = entries.at(-1)?.offset ?? after
  }
}

t.test('10,000 events published in a burst, heard by two replicas, are in the log once each and in order', async t => {
  const { url } = await startRedis(t)
  const replicas = await Promise.all([service(t, url), service(t, url)])
  const redis = clientOf(t, url)

  const flows = Array.from({ length: 10_000 }, (_, index) => `flow-${index}`)
  for (const [index, flow] of flows.entries()) {
    void redis.publish(producerChannel('intraday'), published(flow, { symbol: `S${index}` }))
  }

  await Promise.all(replicas.map(replica => total(replica, flows.length)))
  t.same(await flowsOf(redis, 'intraday'), flows)
  t.equal(await redis.zcard(UNIFIED_KEY), flows.length)
})

t.test(
  'every way in leads to the log: three channels, the base channel, the inbox; the rest to the dead letters',
  async t => {
    const { url } = await startRedis(t)
    const redis = clientOf(t, url)
    await redis.xadd(INBOX_KEY, '*', 'event', published('inbox-before', { symbol: 'BEFORE', tier: 'daily' }))
    const replica = await service(t, url)
    for (const channel of CHANNELS)
      await redis.publish(producerChannel(channel), published(channel, { symbol: channel }))
    await redis.publish(PRODUCER_BASE, published('base', { symbol: 'BASE', timeframe: '5min' }))
    await redis.xadd(INBOX_KEY, '*', 'channel', 'Combo', 'event', published('inbox', { symbol: 'INBOX' }))
    await redis.xadd(
      INBOX_KEY,
      '*',
      'channel',
      'weekly',
      'event',
      published('base', { symbol: 'BASE', timeframe: '5min' })
    )
    await redis.publish(PRODUCER_BASE, 'hello')
    await redis.publish(PRODUCER_BASE, '['.repeat(100_000))
    await redis.publish(PRODUCER_BASE, 'x'.repeat(10 * 1024 * 1024))

    await total(replica, 6)
    t.same((await flowsOf(redis, 'combo')).toSorted(), ['combo', 'inbox'])
    t.same((await flowsOf(redis, 'intraday')).toSorted(), ['base', 'intraday'])
    await until(async () => (await redis.xlen(INBOX_KEY)) === 0)
    await until(async () => (await redis.xlen(DEAD_LETTER_KEY)) === 3)

    const metrics = await (await fetch(`${replica.url}/metrics`)).text()
    t.match(metrics, /pattern_query_dead_letters_total\{reason="too_large",[^}]*\} 1/)
    t.match(metrics, /pattern_query_live_patterns\{[^}]*\} 6/)
  }
)

t.test('a pattern whose time is over goes from scans, ZSET and log, once, with two replicas', async t => {
  const { url } = await startRedis(t)
  const replicas = await Promise.all([service(t, url), service(t, url)])
  const redis = clientOf(t, url)

  await redis.publish(producerChannel('daily'), published('short', { expires_at: Date.now() + 1_000 }))
  await Promise.all(replicas.map(replica => total(replica, 1)))
  await Promise.all(replicas.map(replica => total(replica, 0)))

  t.match(await flowsOf(redis, 'daily'), ['short', /^expired:AAPL:Bull_Flag:daily:\d+:\d+$/])
  t.equal(await redis.zcard(UNIFIED_KEY), 0)
})

t.test('cut off from Redis it goes on answering, says that it is stale, and recovers by itself', async t => {
  const server = await startRedis(t)
  const proxy = await startFaultProxy(t, { target: { host: '127.0.0.1', port: server.port } })
  const replica = await service(t, `redis://127.0.0.1:${proxy.port}`)
  const redis = clientOf(t, server.url)
  await redis.publish(producerChannel('daily'), published('before', { symbol: 'BEFORE' }))
  await total(replica, 1)

  await proxy.cut()
  await redis.xadd(INBOX_KEY, '*', 'channel', 'daily', 'event', published('meanwhile', { symbol: 'MEANWHILE' }))
  await until(async () => (await scan(replica)).stale)
  t.equal((await scan(replica)).total, 1)
  t.equal((await fetch(`${replica.url}/health/ready`)).status, 200)

  await proxy.restore()
  await total(replica, 2)
  await until(async () => !(await scan(replica)).stale)
  await until(async () => (await redis.publish(producerChannel('daily'), published('after', { symbol: 'AFTER' }))) > 0)
  await total(replica, 3)
})

t.test('a Redis killed and brought back with its data: nothing is lost, and it goes on', async t => {
  const first = await startRedis(t, { persistence: 'everysec' })
  const replica = await service(t, first.url)
  const redis = clientOf(t, first.url)
  for (let index = 0; index < 100; index++) {
    await redis.publish(producerChannel('daily'), published(`flow-${index}`, { symbol: `S${index}` }))
  }
  await total(replica, 100)

  first.kill('SIGKILL')
  await first.exited
  await until(async () => (await scan(replica)).stale)
  await startRedis(t, { persistence: 'everysec', dataDir: first.dataDir, port: first.port })

  await until(async () => !(await scan(replica)).stale)
  await until(async () => (await redis.publish(producerChannel('daily'), published('after', { symbol: 'AFTER' }))) > 0)
  await total(replica, 101)
  t.equal((await flowsOf(redis, 'daily')).length, 101)
  const another = await service(t, first.url)
  t.equal((await scan(another)).total, 101, 'a replica that starts now has the same')
})

t.test('a Redis that lost everything: a new epoch, and scans hold what the log holds', async t => {
  const { url } = await startRedis(t)
  const replica = await service(t, url)
  const redis = clientOf(t, url)
  await redis.publish(producerChannel('daily'), published('before', { symbol: 'BEFORE' }))
  await total(replica, 1)
  const { positions } = await scan(replica)

  await redis.flushall()
  await total(replica, 0)
  t.not((await scan(replica)).positions.daily.epoch, positions.daily.epoch)

  await redis.publish(producerChannel('daily'), published('after', { symbol: 'AFTER' }))
  await redis.xadd(INBOX_KEY, '*', 'channel', 'daily', 'event', published('inbox', { symbol: 'INBOX' }))
  await total(replica, 2)
  t.equal(await redis.zcard(UNIFIED_KEY), 2)
})

t.test('a head that was lost begins an epoch over the entries that are left', async t => {
  const { url } = await startRedis(t)
  const replica = await service(t, url)
  const redis = clientOf(t, url)
  for (const symbol of ['ONE', 'TWO']) await redis.publish(producerChannel('daily'), published(symbol, { symbol }))
  await total(replica, 2)
  const { epoch } = (await scan(replica)).positions.daily

  await redis.del(headKey('daily'))
  await redis.publish(producerChannel('daily'), published('THREE', { symbol: 'THREE' }))

  await total(replica, 3)
  t.not((await scan(replica)).positions.daily.epoch, epoch)
  t.equal(await redis.zcard(UNIFIED_KEY), 3)
})

t.test('live patterns that somebody spoilt are written again from the log', async t => {
  const { url } = await startRedis(t)
  const replica = await service(t, url)
  const redis = clientOf(t, url)
  await redis.publish(producerChannel('daily'), published('one', { symbol: 'ONE' }))
  await total(replica, 1)

  await redis.del(UNIFIED_POSITIONS_KEY)
  await redis.publish(producerChannel('daily'), published('two', { symbol: 'TWO' }))
  await until(async () => (await redis.zcard(UNIFIED_KEY)) === 2)
  await total(replica, 2)

  await redis.set(UNIFIED_KEY, 'not a ZSET')
  await redis.publish(producerChannel('daily'), published('three', { symbol: 'THREE' }))
  await total(replica, 3)
  await redis.del(UNIFIED_KEY, UNIFIED_POSITIONS_KEY, UNIFIED_MEMBERS_KEY)
  await until(async () => (await redis.zcard(UNIFIED_KEY)) === 3)
  await total(replica, 3)
})

t.test('what retention has cut before it was read is told, and the rest goes on', async t => {
  const { url } = await startRedis(t)
  const redis = clientOf(t, url)
  const first = await service(t, url)
  for (let index = 0; index < 10; index++) {
    await redis.publish(producerChannel('daily'), published(`flow-${index}`, { symbol: `S${index}` }))
  }
  await total(first, 10)
  await first.stop()
  await redis.xtrim(logKey('daily'), 'MAXLEN', 2)
  await redis.hset(UNIFIED_POSITIONS_KEY, 'daily', `${await redis.hget(headKey('daily'), 'epoch')}:3`)

  const second = await service(t, url)
  t.equal((await scan(second)).total, 10)
  t.equal((await scan(second)).positions.daily.offset, 10)
})

t.test('entries of a former epoch that are not understood are left out', async t => {
  const { url } = await startRedis(t)
  const redis = clientOf(t, url)
  await redis.xadd(logKey('daily'), '1-0', 'epoch', 'old', 'at', '1', 'event', 'not json')
  const replica = await service(t, url)
  await redis.publish(producerChannel('daily'), published('one', { symbol: 'ONE' }))
  await total(replica, 1)
})

t.test('stopped, it ends in order; started without Redis, it waits and is not ready', async t => {
  const { url } = await startRedis(t)
  const replica = await service(t, url)
  t.match(await replica.stop(), { code: 0 })

  const waiting = startService(t, { service: 'pattern-query', env: env('redis://127.0.0.1:1'), within: 3_000 })
  await t.rejects(waiting, /503/)
})
