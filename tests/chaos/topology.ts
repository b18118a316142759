import { startRedis } from '@tickstock/embedded-servers'
import {
  RedisNode,
  startRedisCluster,
  startSentinel,
  type Teardown,
  type TestRedisCluster,
  type TestSentinel
} from '@tickstock/test-kit'

/** How many Redis there are, and who says which one is in charge. */
const TOPOLOGIES = ['single', 'sentinel', 'cluster'] as const

export type TopologyKind = (typeof TOPOLOGIES)[number]

/** The Redis of a run. */
export interface Topology {
  readonly url: string
  /** The one Redis, or the first of several. */
  readonly node: RedisNode
  readonly sentinel?: TestSentinel
  readonly cluster?: TestRedisCluster
}

/** One Redis alone keeps what it has said over its kill. */
export async function startTopology(t: Teardown, kind: TopologyKind): Promise<Topology> {
  switch (kind) {
    case 'single': {
      const node = await RedisNode.start(t, more => startRedis({ ...more, persistence: 'always' }), [])
      return { url: node.url, node }
    }
    case 'sentinel': {
      const sentinel = await startSentinel(t)
      return { url: sentinel.url, node: await sentinel.master(), sentinel }
    }
    case 'cluster': {
      const cluster = await startRedisCluster(t, { replicas: 1 })
      const [node] = cluster.nodes
      if (node === undefined) throw new Error('a cluster has nodes')
      return { url: cluster.url, node, cluster }
    }
  }
}
