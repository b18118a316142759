import { CHANNELS, INBOX_KEY, logKey } from '@tickstock/contracts'
import type { Scenario, Stage } from '../scenario.ts'

/** While writes wait, the witness reads what no other Redis will ever have. ms */
const WRITES_WAIT = 20_000

export const sentinelFailover: Scenario = {
  name: 'sentinel-failover',
  what: 'a master behind Sentinels loses its replica, then its life: the tail of the log is lost',
  gaps: ['stream_reset'],
  system: { universe: false, topology: 'sentinel' },
  run: async ({ sentinel, witness, producer, flow, lasting }: Stage) => {
    if (sentinel === undefined) throw new Error('this is for Sentinels')
    const former = await sentinel.master()
    const safe = producer.acknowledged()
    await former.replicated()
    await former.isolate()
    await flow()
    await lasting(200, 2_000)
    await former.ask('CLIENT', 'PAUSE', WRITES_WAIT, 'WRITE')
    await witness.look()
    producer.excuse(safe)
    await former.kill()
    await sentinel.failedOver(former)
    await flow()
  }
}

export const clusterNodeKilled: Scenario = {
  name: 'cluster-node-killed',
  what: 'the master of a log, then that of the inbox, are killed in a Redis Cluster: replicas that have everything take over',
  // Failovers of a cluster are held by the integration tests too; it takes as long as three others.
  onlyInFull: true,
  system: { universe: false, topology: 'cluster' },
  run: async ({ cluster, random, witness, flow, lasting }: Stage) => {
    if (cluster === undefined) throw new Error('this is for a cluster')
    for (const key of [logKey(random.pick(CHANNELS)), INBOX_KEY]) {
      const master = await cluster.masterOf(key)
      await master.ask('CLIENT', 'PAUSE', WRITES_WAIT, 'WRITE')
      await witness.look()
      await master.replicated()
      await master.kill()
      await cluster.failedOver(key, master)
      await flow()
      await master.restart()
      await lasting(200, 3_000)
    }
  }
}
