import {
  CHANNELS,
  DEAD_LETTER_KEY,
  INBOX_KEY,
  PRODUCER_BASE,
  producerChannel,
  ready,
  UNIFIED_KEY
} from '@tickstock/contracts'
import { startRedis, startService, until } from '@tickstock/test-kit'
import t, { type Test } from 'tap'
import { published } from './events.ts'
import { clientOf, environment, loggedIds, untilTotal } from './replica.ts'

const service = (t: Test, url: string, fromSource = false) =>
  startService(t, { service: 'pattern-query', env: environment(url), fromSource })

t.test('keeps what is published while it loads', async t => {
  const { url } = await startRedis(t)
  const redis = clientOf(t, url)

  const starting = service(t, url)
  const heard = await until(() => redis.publish(producerChannel('daily'), published('early', { symbol: 'EARLY' })))
  t.equal(heard, 1)

  await untilTotal(await starting, 1)
  t.same(await loggedIds(redis, 'daily'), ['early'])
})

t.test('10,000 events published in a burst, heard by two replicas, are in the log once each and in order', async t => {
  const { url } = await startRedis(t)
  const replicas = await Promise.all([service(t, url), service(t, url)])
  const redis = clientOf(t, url)

  const flows = Array.from({ length: 10_000 }, (_, index) => `flow-${index}`)
  for (const [index, flow] of flows.entries()) {
    void redis.publish(producerChannel('intraday'), published(flow, { symbol: `S${index}` }))
  }

  await Promise.all(replicas.map(replica => untilTotal(replica, flows.length)))
  t.same(await loggedIds(redis, 'intraday'), flows)
  t.equal(await redis.zcard(UNIFIED_KEY), flows.length)
})

t.test(
  'every way in leads to the log: three channels, the base channel, the inbox; the rest to the dead letters',
  async t => {
    const { url } = await startRedis(t)
    const redis = clientOf(t, url)
    await redis.xadd(INBOX_KEY, '*', 'event', published('inbox-before', { symbol: 'BEFORE', tier: 'daily' }))
    const replica = await service(t, url, true)
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

    await untilTotal(replica, 6)
    t.same((await loggedIds(redis, 'combo')).toSorted(), ['combo', 'inbox'])
    t.same((await loggedIds(redis, 'intraday')).toSorted(), ['base', 'intraday'])
    await until(async () => (await redis.xlen(INBOX_KEY)) === 0)
    await until(async () => (await redis.xlen(DEAD_LETTER_KEY)) === 3)

    const metrics = await (await fetch(`${replica.url}/metrics`)).text()
    t.match(metrics, /pattern_query_dead_letters_total\{reason="too_large",[^}]*\} 1/)
    t.match(metrics, /pattern_query_live_patterns\{[^}]*\} 6/)
  }
)

t.test('ends in order when stopped; is not ready without Redis, and ready once Redis is there', async t => {
  const redis = await startRedis(t)
  const replica = await service(t, redis.url)
  t.match(await replica.stop(), { code: 0 })
  await redis.stop()

  const { port } = replica
  const again = startService(t, { service: 'pattern-query', env: environment(redis.url), port })
  await until(async () => (await fetch(`http://127.0.0.1:${port}${ready.url}`)).status === 503)
  await startRedis(t, { port: redis.port })

  await t.resolves(again)
})
