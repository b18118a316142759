import { producerChannel } from '@tickstock/contracts'
import { startFaultProxy, startRedis, until } from '@tickstock/test-kit'
import { Redis } from 'ioredis'
import t from 'tap'
import { subscribeEarly } from '../../src/feeds/early-subscription.ts'

t.test('passes on what arrived before the feed took over, in order, then what follows', async t => {
  const server = await startRedis(t)
  const producer = new Redis(server.url)
  t.teardown(() => producer.disconnect())
  const early = await subscribeEarly(server.url)
  t.teardown(() => early?.redis.disconnect())
  let arrived = 0
  early?.redis.on('messageBuffer', () => arrived++)
  for (const text of ['one', 'two']) await producer.publish(producerChannel('daily'), text)
  await until(() => arrived === 2)

  const heard: string[] = []
  early?.handOver((_, message) => heard.push(message.toString()))
  t.same(heard, ['one', 'two'])

  await producer.publish(producerChannel('daily'), 'three')
  await until(() => heard.length > 2)
  t.same(heard, ['one', 'two', 'three'])
})

t.test('does not wait for a Redis that does not answer, and leaves an invalid URL to the configuration', async t => {
  const server = await startRedis(t)
  const proxy = await startFaultProxy(t, { target: { host: '127.0.0.1', port: server.port } })
  proxy.freeze()

  const early = await subscribeEarly(`redis://127.0.0.1:${proxy.port}`)

  t.ok(early)
  early?.redis.disconnect()
  for (const url of [undefined, 'redis://localhost/abc']) t.equal(await subscribeEarly(url), undefined)
})
