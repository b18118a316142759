import { Cluster, type ClusterNode, type ClusterOptions, Command, type Redis, type RedisOptions } from 'ioredis'

/** How often the nodes are asked who answers for which slot, ms. A node that is mute does not say that another has taken its place. */
const REFRESH_EVERY = 5_000

/** What is decided outside of this class. */
export interface ClusterClientOptions
  extends Pick<ClusterOptions, 'clusterRetryStrategy' | 'dnsLookup' | 'enableOfflineQueue' | 'lazyConnect'> {
  readonly redisOptions: Omit<RedisOptions, 'replyMapping'>
}

/**
 * A client of a cluster that keeps what one connection promises. ioredis' own sends commands again whose connection broke, lets those wait
 * without end that come while there is no cluster, and learns of a failover only from a node that refuses it.
 */
export class ClusterClient extends Cluster {
  readonly #commandTimeout: number | undefined
  /** Given while there was no cluster. */
  readonly #waiting = new Set<Command>()
  readonly #refreshing: NodeJS.Timeout

  constructor(nodes: ClusterNode[], options: ClusterClientOptions) {
    super(nodes, {
      ...options,
      // Commands under way when their connection breaks fail: they may have been done.
      retryDelayOnFailover: 0,
      retryDelayOnClusterDown: 0,
      // It would ask one node, which may be the mute one. Where the cluster is down the commands say so.
      enableReadyCheck: false
    })
    this.#commandTimeout = options.redisOptions.commandTimeout
    // ioredis' own interval is armed again by a refresh that a disconnection overtakes, and then goes on for ever.
    this.#refreshing = setInterval(() => this.#refresh(), REFRESH_EVERY).unref()
    this.on('-node', () => this.#refresh())
    this.on('ready', () => this.#waiting.clear())
    this.on('close', () => this.#failWaiting())
  }

  /** The connection to the node that answers for a key, as far as is known. */
  nodeOf(key: string): Redis | undefined {
    const [master] = this.slots[new Command('exists', [key]).getSlot()] ?? []
    return this.nodes().find(({ options: { host, port } }) => `${host}:${port}` === master)
  }

  override sendCommand(...[command, stream, node]: Parameters<Cluster['sendCommand']>): unknown {
    // Queued, and then given up by its caller.
    if (command.isSettled) return command.promise
    if (this.#commandTimeout !== undefined) command.setTimeout(this.#commandTimeout)
    if (this.status !== 'ready' && command.name !== 'cluster') this.#waiting.add(command)
    return super.sendCommand(command, stream, node)
  }

  override disconnect(reconnect = false): void {
    if (!reconnect) clearInterval(this.#refreshing)
    super.disconnect(reconnect)
  }

  #refresh() {
    if (this.status === 'ready') this.refreshSlotsCache()
  }

  #failWaiting() {
    for (const command of this.#waiting) command.reject(new Error('Connection is closed.'))
    this.#waiting.clear()
  }
}
