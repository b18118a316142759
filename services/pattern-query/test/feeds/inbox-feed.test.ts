import { INBOX_GROUP, INBOX_KEY } from '@tickstock/contracts'
import { startRedis, until } from '@tickstock/test-kit'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { InboxFeed } from '../../src/feeds/inbox-feed.ts'
import type { Arrival } from '../../src/feeds/ingest.ts'
import { INBOX_COUNT, Inbox } from '../../src/stores/inbox.ts'
import { silent } from '../events.ts'

async function feedOf(t: Test, deliver: (arrivals: readonly Arrival[]) => Promise<void>) {
  const { url } = await startRedis(t)
  const redis = new Redis(url)
  const reading = new Redis(url)
  const stop = new AbortController()
  const lost: number[] = []
  const feed = new InboxFeed({
    inbox: new Inbox(reading, 'test'),
    deliver,
    lost: count => lost.push(count),
    logger: silent,
    blockMs: 20
  })
  t.teardown(async () => {
    stop.abort()
    await running
    reading.disconnect()
    redis.disconnect()
  })
  let running: Promise<void> = Promise.resolve()
  const start = () => {
    running = feed.run(stop.signal)
  }
  return { redis, start, lost, feed }
}

t.test('a burst comes in its order, is taken out once it is done with, and says by which channel', async t => {
  const origins: string[] = []
  const channels = new Set<string | undefined>()
  const { redis, start } = await feedOf(t, async arrivals => {
    for (const { payload, channel } of arrivals) {
      origins.push(payload.toString())
      channels.add(channel)
    }
  })
  const count = 2 * INBOX_COUNT + 7
  const pipeline = redis.pipeline()
  for (let n = 0; n < count; n++) pipeline.xadd(INBOX_KEY, '*', 'channel', n % 2 ? ' Daily' : 'weekly', 'event', `${n}`)
  await pipeline.exec()

  start()

  await until(() => origins.length === count)
  t.same(
    origins,
    Array.from({ length: count }, (_, n) => `${n}`)
  )
  t.same(channels, new Set(['daily', undefined]))
  await until(async () => (await redis.xlen(INBOX_KEY)) === 0)
  t.equal((await redis.xpending(INBOX_KEY, INBOX_GROUP))[0], 0)
})

t.test('what somebody deleted before it could be read again is told as lost', async t => {
  const { redis, start, lost } = await feedOf(t, async () => {})
  await redis.xgroup('CREATE', INBOX_KEY, INBOX_GROUP, '0', 'MKSTREAM')
  const id = await redis.xadd(INBOX_KEY, '*', 'event', '{}')
  await redis.xreadgroup('GROUP', INBOX_GROUP, 'test', 'STREAMS', INBOX_KEY, '>')
  await redis.xdel(INBOX_KEY, `${id}`)

  start()

  await until(() => lost.length > 0)
  t.same(lost, [1])
  await until(async () => (await redis.xpending(INBOX_KEY, INBOX_GROUP))[0] === 0)
})

t.test('what fails on the way is read again, and done with once', async t => {
  const tries: string[][] = []
  const { redis, start } = await feedOf(t, async arrivals => {
    if (arrivals.length === 0) return
    tries.push(arrivals.map(({ payload }) => payload.toString()))
    if (tries.length === 1) throw new Error('Connection is closed.')
  })
  await redis.xadd(INBOX_KEY, '*', 'event', 'one')

  start()

  await until(async () => (await redis.xlen(INBOX_KEY)) === 0)
  t.same(tries, [['one'], ['one']])
})

t.test('what a replica that is gone has left undone is taken over', async t => {
  const delivered: string[] = []
  const { redis, start } = await feedOf(t, async arrivals => {
    for (const { payload } of arrivals) delivered.push(payload.toString())
  })
  await redis.xgroup('CREATE', INBOX_KEY, INBOX_GROUP, '0', 'MKSTREAM')
  const id = await redis.xadd(INBOX_KEY, '*', 'event', 'left')
  await redis.xreadgroup('GROUP', INBOX_GROUP, 'gone', 'STREAMS', INBOX_KEY, '>')
  await redis.call('XCLAIM', INBOX_KEY, INBOX_GROUP, 'gone', '0', `${id}`, 'IDLE', '60000')

  start()

  await until(async () => (await redis.xlen(INBOX_KEY)) === 0, { what: 'the entry taken out' })
  t.same(delivered, ['left'])
})
