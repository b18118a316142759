import { producerChannel } from '@tickstock/contracts'
import { startFaultProxy, startRedis, until } from '@tickstock/test-kit'
import { Redis } from 'ioredis'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { openSubscription } from '../../src/feeds/early-subscription.ts'
import type { Arrival } from '../../src/feeds/ingest.ts'
import { PubSubFeed } from '../../src/feeds/pubsub-feed.ts'

async function feedBehindProxy(t: Test, commandTimeout = 5_000) {
  const server = await startRedis(t)
  const proxy = await startFaultProxy(t, { target: { host: '127.0.0.1', port: server.port } })
  const producer = new Redis(server.url)
  t.teardown(() => producer.disconnect())
  const arrivals: Arrival[] = []
  const lines: string[] = []
  const logger = pino({ level: 'info' }, { write: line => lines.push(line) })
  const feed = new PubSubFeed({
    subscription: openSubscription(`redis://127.0.0.1:${proxy.port}`, commandTimeout),
    take: arrival => arrivals.push(arrival),
    logger,
    pingMs: 20
  })
  t.teardown(() => feed.stop())
  const heard = () => until(async () => (await producer.publish(producerChannel('daily'), 'x')) && arrivals.length > 0)
  return { proxy, feed, arrivals, heard, lines, producer }
}

t.test('hears the bytes and the channel that they came by', async t => {
  const { feed, arrivals, heard } = await feedBehindProxy(t)
  await feed.start(new AbortController().signal)
  await heard()
  t.same(arrivals[0], { payload: Buffer.from('x'), origin: 'tickstock.events.patterns.daily', channel: 'daily' })
})

t.test('subscribes once Redis is there, and again after a connection that went mute', async t => {
  const { proxy, feed, arrivals, heard, lines } = await feedBehindProxy(t, 200)
  await proxy.cut()
  const started = feed.start(new AbortController().signal)
  await until(() => lines.some(line => line.includes('hearing the producers fails')))
  await proxy.restore()
  await started
  await heard()

  const { accepted } = proxy
  proxy.freeze()
  await until(() => proxy.accepted > accepted)
  proxy.thaw()
  arrivals.splice(0)
  await heard()
})

t.test('retries a subscription that fails on a new connection', async t => {
  const { feed, arrivals, heard, producer } = await feedBehindProxy(t)
  await feed.start(new AbortController().signal)
  await heard()
  const refusals = async () => [await producer.call('ACL', 'LOG')].flat().length

  await producer.call('ACL', 'SETUSER', 'default', '-subscribe')
  await producer.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
  await until(async () => (await refusals()) > 0)
  await producer.call('ACL', 'SETUSER', 'default', '+subscribe')
  arrivals.splice(0)
  await heard()
})

t.test('a connection that drops is counted, and for how long nobody listened', async t => {
  const { proxy, feed, arrivals, heard, lines } = await feedBehindProxy(t)
  await feed.start(new AbortController().signal)
  await heard()
  t.match([feed.drops, feed.deafMs], [0, 0])

  await proxy.cut()
  await until(() => feed.drops === 1)
  await until(() => feed.deafMs > 20)
  t.ok(feed.subscribed, 'it has been')
  await proxy.restore()
  arrivals.splice(0)
  await heard()
  await until(() => {
    const before = feed.deafMs
    return feed.deafMs === before
  })
  t.equal(feed.drops, 1, 'an outage is one drop, however many attempts it takes')
  t.match(
    lines.flatMap(line => /hearing the producers [a-z ]+/.exec(line) ?? []),
    ['hearing the producers fails', 'hearing the producers works again'],
    'and two lines'
  )
})

t.test('stopped before Redis has confirmed, it ends, and subscribes no more', async t => {
  const { proxy, feed, lines } = await feedBehindProxy(t)
  proxy.freeze()
  const abort = new AbortController()
  const started = feed.start(abort.signal)
  await until(() => proxy.accepted > 0)
  abort.abort()
  await started
  proxy.thaw()

  t.notOk(feed.subscribed)
  t.match([feed.drops, feed.deafMs], [0, 0], 'what was never heard is not lost')
  t.same(lines, [], 'and nothing has failed')
})

t.test('stopped while it waits for Redis, it ends', async t => {
  const { proxy, feed, lines } = await feedBehindProxy(t)
  await proxy.cut()
  const started = feed.start(new AbortController().signal)
  await until(() => lines.some(line => line.includes('hearing the producers fails')))
  feed.stop()
  await started
  t.notOk(feed.subscribed)
})
