import { startRedis, startRedisSentinel } from '@tickstock/embedded-servers'
import { RedisNode } from './redis-node.ts'
import type { Teardown } from './teardown.ts'
import { until } from './until.ts'

export interface SentinelOptions {
  /** Default: 1. */
  readonly replicas?: number
  /** Default: 3, of which two must agree. */
  readonly sentinels?: number
  /** How long the master may be mute before it is held for dead, ms. Default: 500. */
  readonly downAfterMs?: number
  /** Default: none, so that a node which is started again comes back empty. */
  readonly persistence?: 'everysec' | 'none'
}

const MASTER = 'tickstock'

/** A Redis with replicas, watched by Sentinels that know each other and the replicas. All end with the test. */
export async function startSentinel(t: Teardown, options: SentinelOptions = {}): Promise<TestSentinel> {
  const { replicas = 1, sentinels = 3, downAfterMs = 500, persistence = 'none' } = options
  const node = (settings: readonly string[]) =>
    RedisNode.start(t, options => startRedis({ ...options, persistence }), ['repl-diskless-sync-delay 0', ...settings])

  const master = await node([])
  const following = [`replicaof 127.0.0.1 ${master.port}`]
  const nodes = [master, ...(await Promise.all(Array.from({ length: replicas }, () => node(following))))]
  await until(async () => (await master.info('replication', 'connected_slaves')) === `${replicas}`)

  const quorum = Math.floor(sentinels / 2) + 1
  const settings = [
    `sentinel monitor ${MASTER} 127.0.0.1 ${master.port} ${quorum}`,
    `sentinel down-after-milliseconds ${MASTER} ${downAfterMs}`,
    `sentinel failover-timeout ${MASTER} 3000`
  ]
  const watchers = await Promise.all(
    Array.from({ length: sentinels }, () => RedisNode.start(t, startRedisSentinel, settings))
  )
  const started = new TestSentinel(nodes, watchers)
  await until(() => started.isComplete(), { what: 'the Sentinels to know all of them' })
  return started
}

/** Handles of a Redis with its replicas, and of its Sentinels. */
export class TestSentinel {
  readonly nodes: readonly RedisNode[]
  readonly sentinels: readonly RedisNode[]

  constructor(nodes: readonly RedisNode[], sentinels: readonly RedisNode[]) {
    this.nodes = nodes
    this.sentinels = sentinels
  }

  /** `redis-sentinel://…` with all Sentinels. */
  get url(): string {
    return `redis-sentinel://${this.sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',')}/${MASTER}`
  }

  /** Who is the master in the opinion of the Sentinels. */
  async master(): Promise<RedisNode> {
    const opinions = await Promise.all(this.sentinels.map(sentinel => this.#masterOf(sentinel)))
    const master = opinions.find(node => node !== undefined)
    if (master === undefined || opinions.some(node => node !== undefined && node !== master)) {
      throw new Error('the Sentinels do not agree on a master')
    }
    return master
  }

  /** Waits until another node than `former` is the master, and takes writes. @returns that node */
  failedOver(former: RedisNode): Promise<RedisNode> {
    const promoted = async () => {
      const master = await this.master()
      return master !== former && (await master.info('replication', 'role')) === 'master' && master
    }
    return until(promoted, { what: `another master than ${former.port}` })
  }

  /** Whether each Sentinel knows the others and all replicas: only then is a failover to be had. */
  async isComplete(): Promise<boolean> {
    const known = await Promise.all(
      this.sentinels.map(async sentinel => {
        const about = String(await sentinel.info('sentinel', 'master0'))
        return [/slaves=(\d+)/, /sentinels=(\d+)/].map(count => Number(count.exec(about)?.[1])).join()
      })
    )
    return known.every(counts => counts === `${this.nodes.length - 1},${this.sentinels.length}`)
  }

  async #masterOf(sentinel: RedisNode): Promise<RedisNode | undefined> {
    try {
      const address = await sentinel.ask('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', MASTER)
      const port = Array.isArray(address) ? Number(address[1]) : undefined
      return this.nodes.find(node => node.port === port)
    } catch {
      // One that is killed or stands still has no opinion.
      return undefined
    }
  }
}
