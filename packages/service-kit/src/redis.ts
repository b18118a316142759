import { type OpenRedisOptions, openRedis, type RedisClient } from '@tickstock/event-log'
import { Cluster, type Redis } from 'ioredis'
import type { Logger } from './logger.ts'
import { RedisOutage } from './redis-outage.ts'

export interface RedisConnectionOptions
  extends Pick<OpenRedisOptions, 'url' | 'name' | 'commandTimeout' | 'enableOfflineQueue' | 'lazyConnect'> {
  readonly logger: Logger
}

/** As {@link openRedis}, which says what it promises. Errors are logged once an outage. */
export function connectRedis({ logger, ...options }: RedisConnectionOptions): RedisClient {
  const redis = openRedis(options)
  logOutages(redis, logger.child({ connection: options.name }))
  return redis
}

/** Logs the errors of a connection, once an outage. */
export function logOutages(redis: RedisClient, logger: Logger): void {
  const outage = new RedisOutage(logger)
  redis.on('error', (error: Error) => outage.failed(error))
  redis.on('ready', () => outage.over())
  const ofSentinels = new RedisOutage(logger, 'Sentinel')
  redis.on('sentinel error', (error: Error) => ofSentinels.failed(error))
  redis.on('sentinel ready', () => ofSentinels.over())
  if (redis instanceof Cluster) logNodes(redis, logger)
}

/** While one node of a cluster is away the cluster itself is not. */
function logNodes(cluster: Cluster, logger: Logger): void {
  const outages = new Map<string, RedisOutage>()
  cluster.on('node error', (error: Error, node: string) => {
    const outage = outages.get(node) ?? new RedisOutage(logger.child({ node }))
    outages.set(node, outage)
    outage.failed(error)
  })
  cluster.on('+node', (redis: Redis) => {
    redis.on('ready', () => {
      const { host, port } = redis.options
      outages.get(`${host}:${port}`)?.over()
    })
  })
}
