import { startRedis } from '@tickstock/embedded-servers'
import getPort from 'get-port'
import { RedisNode } from './redis-node.ts'
import type { Teardown } from './teardown.ts'
import { until } from './until.ts'

export interface RedisClusterOptions {
  /** Default: 3, the fewest that can agree on a failover. */
  readonly masters?: number
  /** Of each master. Default: 0. */
  readonly replicas?: number
  /** How long a node may be mute before the others hold it for dead, ms. Default: 1,000. */
  readonly nodeTimeoutMs?: number
  /** Default: none, so that a node which is started again comes back empty. */
  readonly persistence?: 'everysec' | 'none'
}

const SLOTS = 16_384

/** A Redis Cluster of the test's own, all slots covered and all replicas in step. It ends with the test. */
export async function startRedisCluster(t: Teardown, options: RedisClusterOptions = {}): Promise<TestRedisCluster> {
  const { masters = 3, replicas = 0, nodeTimeoutMs = 1_000, persistence = 'none' } = options
  const nodes = await Promise.all(
    Array.from({ length: masters * (1 + replicas) }, async () =>
      RedisNode.start(t, options => startRedis({ ...options, persistence }), await settings(nodeTimeoutMs))
    )
  )
  const cluster = new TestRedisCluster(nodes)
  await cluster.form(masters)
  return cluster
}

const settings = async (nodeTimeoutMs: number) => [
  'cluster-enabled yes',
  `cluster-node-timeout ${nodeTimeoutMs}`,
  // By default 10,000 above its own, which may be beyond the last port there is.
  `cluster-port ${await getPort({ host: '127.0.0.1' })}`,
  // What a shard without a master holds is away, and the rest goes on.
  'cluster-require-full-coverage no',
  // Or a replica that has been cut off for long, as in a test about that, would never be promoted.
  'cluster-replica-validity-factor 0',
  'cluster-allow-replica-migration no',
  'repl-diskless-sync-delay 0'
]

/** Handles of a cluster's nodes. */
export class TestRedisCluster {
  readonly nodes: readonly RedisNode[]

  constructor(nodes: readonly RedisNode[]) {
    this.nodes = nodes
  }

  /** `redis-cluster://…` with all nodes. */
  get url(): string {
    return `redis-cluster://${this.nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}`
  }

  /** The node that answers for a key now. */
  async masterOf(key: string): Promise<RedisNode> {
    const asked = await this.#anyAlive()
    const slot = Number(await asked.ask('CLUSTER', 'KEYSLOT', key))
    for (const { flags, port, slots } of await clusterNodes(asked)) {
      const serves = slots.some(([first, last]) => first <= slot && slot <= last)
      if (serves && flags.includes('master') && !flags.includes('fail')) return this.#at(port)
    }
    throw new Error(`nobody answers for ${key}`)
  }

  /** The nodes that replicate another now. */
  async replicasOf(master: RedisNode): Promise<readonly RedisNode[]> {
    const known = await clusterNodes(await this.#anyAlive())
    const id = known.find(({ port }) => port === master.port)?.id
    return known.filter(({ masterId }) => masterId === id).map(({ port }) => this.#at(port))
  }

  /** Waits until another node than `former` answers for a key, and the whole cluster knows. @returns that node */
  async failedOver(key: string, former: RedisNode): Promise<RedisNode> {
    const what = `another node than ${former.port} to answer for ${key}`
    const promoted = await until(
      async () => {
        const master = await this.masterOf(key)
        return master !== former && master
      },
      { what }
    )
    await until(() => this.#isWhole(), { what: 'the cluster to be whole' })
    return promoted
  }

  /** Makes a cluster of nodes that do not know each other: the first so many are masters. */
  async form(masters: number): Promise<void> {
    const [first] = this.nodes
    if (first === undefined) throw new RangeError('a cluster has nodes')
    const ids = await Promise.all(this.nodes.map(async node => String(await node.ask('CLUSTER', 'MYID'))))
    for (const [at, node] of this.nodes.entries()) {
      await node.ask('CLUSTER', 'SET-CONFIG-EPOCH', at + 1)
      if (at < masters) {
        const firstSlot = (share: number) => Math.floor((share * SLOTS) / masters)
        await node.ask('CLUSTER', 'ADDSLOTSRANGE', firstSlot(at), firstSlot(at + 1) - 1)
      }
      if (node !== first) await node.ask('CLUSTER', 'MEET', '127.0.0.1', first.port, await busPort(first))
    }
    await until(() => this.#isWhole(), { what: 'the nodes to know each other' })
    await Promise.all(
      this.nodes.slice(masters).map((node, at) => {
        const master = String(ids[at % masters])
        return until(async () => (await node.ask('CLUSTER', 'REPLICATE', master)) === 'OK')
      })
    )
    await Promise.all(
      this.nodes
        .slice(masters)
        .map(node => until(async () => (await node.info('replication', 'master_link_status')) === 'up'))
    )
    await until(() => this.#isWhole(), { what: 'the nodes to know who replicates whom' })
  }

  /** Whether all nodes that run agree on who answers for which slot, and all slots are answered for. */
  async #isWhole(): Promise<boolean> {
    const views = await Promise.all(this.nodes.map(viewOf))
    const alive = views.filter(view => view !== undefined)
    return alive.length > 0 && alive.every(({ ok, known }) => ok && known === alive[0]?.known)
  }

  async #anyAlive(): Promise<RedisNode> {
    for (const node of this.nodes) if ((await viewOf(node)) !== undefined) return node
    throw new Error('no node of the cluster answers')
  }

  #at(port: number): RedisNode {
    const node = this.nodes.find(node => node.port === port)
    if (node === undefined) throw new Error(`a node at ${port} that is not ours`)
    return node
  }
}

/** What a node thinks of the cluster; undefined where it does not answer. */
async function viewOf(node: RedisNode) {
  try {
    const info = String(await node.ask('CLUSTER', 'INFO'))
    const nodes = await clusterNodes(node)
    const known = nodes
      .map(({ id, masterId, slots }) => `${id} ${masterId} ${slots.join(';')}`)
      .sort()
      .join('\n')
    return { ok: /cluster_state:ok/.test(info) && /cluster_slots_ok:16384/.test(info), known }
  } catch {
    return undefined
  }
}

const busPort = async (node: RedisNode) => Number((await clusterNodes(node))[0]?.busPort)

async function clusterNodes(node: RedisNode) {
  const text = String(await node.ask('CLUSTER', 'NODES'))
  return text
    .trim()
    .split('\n')
    .map(line => {
      const [id, address, flags, masterId, , , , , ...slots] = line.split(' ')
      const [, port, busPort] = String(address).split(/[:@,]/)
      return {
        id: String(id),
        port: Number(port),
        busPort: Number(busPort),
        flags: String(flags).split(','),
        masterId,
        slots: slots.map(range => {
          const [first, last = first] = range.split('-').map(Number)
          return [Number(first), Number(last)] as const
        })
      }
    })
}
