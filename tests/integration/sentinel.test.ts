import { logKey } from '@tickstock/contracts'
import { startSentinel, until } from '@tickstock/test-kit'
import t from 'tap'
import { producerEvent, publish } from './producer.ts'
import { produce, startOn } from './replicated-system.ts'
import { Subscriber } from './subscriber.ts'

const dense = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, index) => first + index)

t.test('a failover that loses the end of the log is told to subscribers, and everything goes on by itself', async t => {
  const sentinel = await startSentinel(t)
  const { client, ingest, gateway } = await startOn(t, sentinel.url)
  const subscriber = new Subscriber(t, gateway.url, { channels: ['daily'] })
  await subscriber.live()
  const former = await sentinel.master()
  await produce(client, 0, 100)
  await subscriber.received(100)
  await former.replicated()

  // These stand on the master alone.
  await former.isolate()
  await produce(client, 100, 150)
  await subscriber.received(150)
  await former.kill()
  const promoted = await sentinel.failedOver(former)
  await produce(client, 150, 200)
  await until(() => subscriber.ids.includes('flow-199'), { what: 'what is posted after the failover' })

  const [gap, ...others] = subscriber.gaps
  t.match(gap, { reason: 'stream_reset', have: { offset: 150 } })
  t.same(others, [])
  const kept = gap?.next.offset ?? 0
  t.same(subscriber.offsets, [...dense(1, 150), ...dense(kept + 1, kept + 50)])
  t.equal(Number(await promoted.ask('XLEN', logKey('daily'))), kept + 50)

  // The connection that hears the producers follows the master too.
  await until(async () => (await publish(client, 'daily', producerEvent(200))) > 0, { what: 'somebody to listen' })
  await until(() => subscriber.ids.includes('flow-200'), { what: 'what is published after the failover' })
  t.ok(ingest.log.every(line => !/"level":"(error|fatal)"/.test(line)))
})

t.test(
  'a failover loses nothing of what was published where an event must be on a replica to count as appended',
  async t => {
    const sentinel = await startSentinel(t)
    const { client, gateway } = await startOn(t, sentinel.url, { LOG_REPLICAS: '1' })
    const subscriber = new Subscriber(t, gateway.url, { channels: ['daily'] })
    await subscriber.live()
    const former = await sentinel.master()
    const publishAll = async (from: number, to: number) => {
      for (let n = from; n < to; n++) await publish(client, 'daily', producerEvent(n))
    }
    await publishAll(0, 50)
    await subscriber.received(50)

    await former.isolate()
    await publishAll(50, 100)
    await subscriber.received(100)
    await former.kill()
    const promoted = await sentinel.failedOver(former)
    const entries = async () => Number(await promoted.ask('XLEN', logKey('daily')))
    await until(async () => (await entries()) === 100, { what: 'all events to be in the log' })
    await subscriber.received(150)

    t.match(subscriber.gaps, [{ reason: 'stream_reset', have: { offset: 100 }, next: { offset: 50 } }])
    t.same(subscriber.offsets, [...dense(1, 100), ...dense(51, 100)])
    t.equal(new Set(subscriber.ids).size, 100)
  }
)
