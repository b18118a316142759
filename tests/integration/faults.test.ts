import { startFaultProxy, startRedis, until } from '@tickstock/test-kit'
import t from 'tap'
import { post, producerEvent } from './producer.ts'
import { Subscriber } from './subscriber.ts'
import { type System, startSystem } from './system.ts'

const TOTAL = 1_500

/** Events one after the other, into the inbox, from the nth on. */
async function produce({ client }: System, from: number, to: number) {
  for (let n = from; n < to; n++) await post(client, 'daily', producerEvent(n))
}

const dense = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

t.test('a subscriber that is cut and returns misses none', async t => {
  const system = await startSystem(t)
  const network = await startFaultProxy(t, { target: { host: '127.0.0.1', port: system.gateway.port } })
  const subscriber = new Subscriber(t, `http://${network.host}:${network.port}`, { channels: ['daily'] })
  await subscriber.live()

  await produce(system, 0, 500)
  await network.cut()
  await produce(system, 500, 1_000)
  await network.restore()
  await produce(system, 1_000, TOTAL)
  await subscriber.received(TOTAL)

  t.same(subscriber.offsets, dense(TOTAL))
  t.same(subscriber.gaps, [])
  t.ok(subscriber.client.counters.reconnects > 0)
})

t.test('a gateway that is killed and another in its place: no subscriber misses any', async t => {
  const system = await startSystem(t)
  const subscriber = new Subscriber(t, system.gateway.url, { channels: ['daily'] })
  await subscriber.live()

  const producing = produce(system, 0, TOTAL)
  await subscriber.received(200)
  system.gateway.kill('SIGKILL')
  await system.gateway.exited
  await system.startGateway(system.gateway.port)
  await producing
  await subscriber.received(TOTAL)

  t.same(subscriber.offsets, dense(TOTAL))
  t.same(subscriber.gaps, [])
})

t.test('an ingest that is killed and another in its place: each event of the inbox is in the log once', async t => {
  const system = await startSystem(t)
  const [ingest] = system.ingest
  const subscriber = new Subscriber(t, system.gateway.url, { channels: ['daily'] })
  await subscriber.live()

  const producing = produce(system, 0, TOTAL)
  await subscriber.received(200)
  ingest?.kill('SIGKILL')
  await ingest?.exited
  await system.startIngest()
  await producing
  await subscriber.received(TOTAL)

  t.same(subscriber.offsets, dense(TOTAL))
  t.equal(new Set(subscriber.ids).size, TOTAL)
})

t.test(
  'a Redis that is killed and comes back with its file: what subscribers were given stands, and the flow goes on',
  async t => {
    const system = await startSystem(t)
    const { redis } = system
    const subscriber = new Subscriber(t, system.gateway.url, { channels: ['daily'] })
    await subscriber.live()
    await produce(system, 0, 500)
    await subscriber.received(500)
    // A process that is killed loses nothing of what it wrote; only a machine would.

    redis.kill('SIGKILL')
    await redis.exited
    await startRedis(t, { dataDir: redis.dataDir, port: redis.port, persistence: 'everysec' })
    await until(() => system.client.ping())
    await produce(system, 500, TOTAL)
    await until(() => new Set(subscriber.ids).size === TOTAL, { what: 'every event' })

    t.same(subscriber.gaps, [])
    t.same(subscriber.offsets, dense(TOTAL))
  }
)
