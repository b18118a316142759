import t from 'tap'
import { startRedisCluster } from '../src/index.ts'

t.test('a cluster answers for every key, and a replica takes over from a master that is killed', async t => {
  const cluster = await startRedisCluster(t, { masters: 3, replicas: 1 })
  const master = await cluster.masterOf('key')
  await master.ask('SET', 'key', 'kept')
  await master.replicated()
  const [replica] = await cluster.replicasOf(master)

  await master.kill()
  const promoted = await cluster.failedOver('key', master)

  t.equal(promoted, replica)
  t.equal(await promoted.ask('GET', 'key'), 'kept')
  await master.restart()
  t.equal(await cluster.masterOf('key'), promoted)
})
