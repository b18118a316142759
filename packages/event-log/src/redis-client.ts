import type { Redis } from 'ioredis'
import type { ClusterClient } from './cluster-client.ts'

/** One Redis, Sentinel, or a cluster. */
export type RedisClient = Redis | ClusterClient
