import { setTimeout as delay } from 'node:timers/promises'
import { Redis, type RedisOptions } from 'ioredis'
import { ClusterClient } from './cluster-client.ts'
import { backoff } from './connection-backoff.ts'
import { MasterClient } from './master-client.ts'
import type { SentinelAddress } from './master-watch.ts'
import { connectorTo } from './node-connector.ts'
import { parseRedisUrl, type RedisAddress, type RedisCredentials, RedisUrlError } from './redis-address.ts'
import type { RedisClient } from './redis-client.ts'

export interface OpenRedisOptions
  extends Pick<RedisOptions, 'commandTimeout' | 'enableOfflineQueue' | 'lazyConnect' | 'maxRetriesPerRequest'> {
  /** See `parseRedisUrl`. */
  readonly url: string
  /** What the connection is for; seen in CLIENT LIST. */
  readonly name: string
  /** Whether it comes back by itself. Default: yes. */
  readonly persistent?: boolean
}

type ConnectionOptions = Omit<RedisOptions, 'replyMapping'>

/** A Redis that does not answer for so long beyond a command's time-out has a connection that is dead, or another has taken its place, ms. */
const SILENCE = 3_000

/** How long {@link checkRedisUrl} may hold up a start, ms. */
const CHECK_WITHIN = 2_000

/** What ioredis says of a command that took longer than `commandTimeout`. */
const TIMED_OUT = 'Command timed out'

/** How long a Sentinel may take to say where the master is, ms. */
const SENTINEL_TIMEOUT = 1_000

/**
 * A client for commands: of one Redis, of the master that Sentinels name, or of a cluster. It comes back by itself, for ever, with backoff and
 * jitter, and to whichever Redis is in charge by then.
 *
 * A command that was on its way when the connection broke fails, and is not sent again: it may have been done. A command given while there is no
 * connection waits for the next attempt or two, then fails. `commandTimeout` (ms) bounds all that, and a connection that is mute for three seconds
 * longer is given up for another; leave it out for blocking reads.
 *
 * @throws RedisUrlError for a URL that is none
 */
export function openRedis(options: OpenRedisOptions): RedisClient {
  const address = parseRedisUrl(options.url)
  if (address.kind !== 'cluster') return openOne(address, options)

  const { tls, credentials, hosts } = address
  const { lazyConnect = false, enableOfflineQueue = true, persistent = true } = options
  return new ClusterClient([...hosts], {
    lazyConnect,
    enableOfflineQueue,
    clusterRetryStrategy: persistent ? backoff : () => null,
    redisOptions: { ...connectionOf(options), ...loginOf(credentials), ...(tls && { tls: {} }) },
    // A certificate names a host, not its address.
    ...(tls && { dnsLookup: (host, found) => found(null, host) })
  })
}

/**
 * A client for hearing what is published. In a cluster every node hears everything, so it is a connection to any of those that the URL names, and to
 * another when that breaks. Promises as {@link openRedis}. It does not subscribe again by itself: do it on each `ready`.
 */
export function openSubscriber(options: OpenRedisOptions): Redis {
  const address = parseRedisUrl(options.url)
  if (address.kind !== 'cluster') return openOne(address, options)

  const { hosts, tls, credentials } = address
  const redis = new Redis({
    ...singleOf(options),
    ...loginOf(credentials),
    ...(tls && { tls: {} }),
    Connector: connectorTo(hosts, tls)
  })
  redis.on('close', () => failCommandsUnderWay(redis))
  return redis
}

/**
 * Checks that the server has the database of a URL, where the URL names another than 0. A server that cannot be reached, or does not answer within two
 * seconds, passes: it may come later.
 *
 * @param setting where the URL comes from, for the message
 * @throws RedisUrlError
 */
export async function checkRedisUrl(url: string, setting = 'REDIS_URL'): Promise<void> {
  const address = parseRedisUrl(url, setting)
  if (address.kind === 'cluster' || address.db === 0) return
  const redis = openRedis({ url, name: 'check', lazyConnect: true, persistent: false })
  let refusal: string | undefined
  redis.on('error', (error: Error) => {
    if (failedCommand(error) === 'select' && /^(?:ERR|NOPERM)/.test(error.message)) refusal = error.message
  })
  const connected = redis.connect().catch(() => undefined)
  await Promise.race([connected, delay(CHECK_WITHIN, undefined, { ref: false })])
  redis.disconnect()
  if (refusal === undefined) return
  throw new RedisUrlError(setting, `a database that the server has and lets be used, not ${address.db} (${refusal})`)
}

/** The command that a server refused. */
function failedCommand(error: Error): unknown {
  const command = 'command' in error ? error.command : undefined
  return typeof command === 'object' && command !== null && 'name' in command ? command.name : undefined
}

function openOne(address: Exclude<RedisAddress, { kind: 'cluster' }>, options: OpenRedisOptions): Redis {
  const redis = address.kind === 'single' ? new Redis(address.url, singleOf(options)) : openMaster(address, options)
  redis.on('close', () => failCommandsUnderWay(redis))
  // After a SELECT that failed ioredis continues in database 0. Of the commands that begin a connection only SELECT
  // can time out here: a HELLO that does ends the connection anyway.
  redis.on('error', error => {
    if (failedCommand(error) === 'select' || error.message === TIMED_OUT) redis.disconnect(true)
  })
  return redis
}

function openMaster(address: SentinelAddress, options: OpenRedisOptions): Redis {
  const { hosts, master, db, tls, credentials, sentinelCredentials } = address
  const { username: sentinelUsername, password: sentinelPassword } = sentinelCredentials
  const { persistent = true } = options
  const settings = {
    ...singleOf(options),
    ...loginOf(credentials),
    ...(sentinelUsername !== undefined && { sentinelUsername }),
    ...(sentinelPassword !== undefined && { sentinelPassword }),
    ...(tls && { tls: {}, sentinelTLS: {}, enableTLSForSentinelMode: true }),
    sentinels: [...hosts],
    name: master,
    db,
    sentinelCommandTimeout: SENTINEL_TIMEOUT,
    sentinelRetryStrategy: persistent ? backoff : () => null
  }
  return persistent ? new MasterClient(address, settings) : new Redis(settings)
}

function singleOf(options: OpenRedisOptions): ConnectionOptions {
  const { lazyConnect = false, enableOfflineQueue = true, maxRetriesPerRequest = 2, persistent = true } = options
  return {
    ...connectionOf(options),
    lazyConnect,
    enableOfflineQueue,
    maxRetriesPerRequest,
    retryStrategy: persistent ? backoff : () => null
  }
}

function connectionOf({ name, commandTimeout }: OpenRedisOptions): ConnectionOptions {
  return {
    connectionName: name,
    connectTimeout: 5_000,
    autoResendUnfulfilledCommands: false,
    // ioredis subscribes again without a handler for the failure, which would end the process: subscribers do it themselves.
    autoResubscribe: false,
    // What was a master is one no more: the next connection finds the one that is.
    reconnectOnError: error => error.message.startsWith('READONLY'),
    ...(commandTimeout !== undefined && { commandTimeout, socketTimeout: commandTimeout + SILENCE })
  }
}

const loginOf = ({ username, password }: RedisCredentials): Pick<RedisOptions, 'username' | 'password'> => ({
  ...(username !== undefined && { username }),
  ...(password !== undefined && { password })
})

/** ioredis forgets them when it connects again within `maxRetriesPerRequest` attempts: then nothing but the time-out would settle them. */
function failCommandsUnderWay(redis: Redis): void {
  // The words by which ioredis knows, in its own commands too, that no more is wrong than this.
  const error = new Error('Connection is closed.')
  for (let item = redis.commandQueue.shift(); item !== undefined; item = redis.commandQueue.shift()) {
    item.command.reject(error)
  }
}
