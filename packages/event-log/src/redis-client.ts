import type { Cluster, Redis } from 'ioredis'

/** One Redis, Sentinel, or a cluster. */
export type RedisClient = Redis | Cluster
