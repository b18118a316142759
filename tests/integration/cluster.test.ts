import { INBOX_KEY, logKey } from '@tickstock/contracts'
import { type RedisNode, startRedisCluster, until } from '@tickstock/test-kit'
import t from 'tap'
import { producerEvent, publish } from './producer.ts'
import { produce, startOn } from './replicated-system.ts'
import { Subscriber } from './subscriber.ts'

const dense = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

t.test('the whole way of an event runs on a cluster, and goes on when a master is killed', async t => {
  const cluster = await startRedisCluster(t, { masters: 3, replicas: 1 })
  const { client, ingest, gateway } = await startOn(t, cluster.url)
  const subscriber = new Subscriber(t, gateway.url, { channels: ['daily'] })
  await subscriber.live()

  await t.test('what is posted and what is published are in the feed, once each and in order', async t => {
    await produce(client, 0, 100)
    for (let n = 100; n < 200; n++) await publish(client, 'daily', producerEvent(n))
    await subscriber.received(200)

    t.same(subscriber.offsets, dense(200))
    t.equal(new Set(subscriber.ids).size, 200)
  })

  await t.test('and in the answer to a scan', async t => {
    await until(async () => (await livePatterns(ingest.url)) === 200, { what: 'a view of 200 patterns' })
    t.pass()
  })

  await t.test('a master that is mute is left for its replica, and nothing is lost', async t => {
    const key = logKey('daily')
    const master = await cluster.masterOf(key)
    await master.replicated()

    master.freeze()
    await produce(client, 200, 300)
    await subscriber.received(300)

    t.same(subscriber.offsets, dense(300))
    t.same(subscriber.gaps, [])
    await cluster.failedOver(key, master)
    master.thaw()
  })

  await t.test('a master that is killed costs the other shards nothing', async t => {
    const master = await cluster.masterOf(INBOX_KEY)
    await produce(client, 300, 350)
    await subscriber.received(350)
    await master.replicated()

    await master.kill()
    await produce(client, 350, 400)
    await subscriber.received(400)

    t.same(subscriber.offsets, dense(400))
    t.same(subscriber.gaps, [])
    await cluster.failedOver(INBOX_KEY, master)
    await master.restart()
  })

  await t.test('producers are heard by another node when the one that heard them is killed', async t => {
    const hearing = await Promise.all(cluster.nodes.map(async node => (await hears(node)) && node))
    const [ear, ...others] = hearing.filter(node => node !== false)
    t.same(others, [])

    await ear?.kill()
    const heard = async () => {
      await publish(client, 'daily', producerEvent(400)).catch(() => 0)
      return subscriber.ids.includes('flow-400')
    }
    await until(heard, { what: 'what is published after that' })

    t.equal(new Set(subscriber.ids).size, 401)
  })
})

/** Whether this is the node by which the service hears what producers publish. */
const hears = async (node: RedisNode): Promise<boolean> =>
  String(await node.ask('CLIENT', 'LIST', 'TYPE', 'pubsub')).includes('name=pattern-query:pubsub')

async function livePatterns(url: string): Promise<unknown> {
  const answer: unknown = await (await fetch(`${url}/api/patterns/summary`)).json()
  return typeof answer === 'object' && answer !== null && 'total' in answer ? answer.total : undefined
}
