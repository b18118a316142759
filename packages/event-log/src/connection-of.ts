import type { Redis } from 'ioredis'
import { ClusterClient } from './cluster-client.ts'
import type { RedisClient } from './redis-client.ts'

/** The connection by which a command for this key goes, as far as is known. */
export const connectionOf = (redis: RedisClient, key: string): Redis | undefined =>
  redis instanceof ClusterClient ? redis.nodeOf(key) : redis
