import { openRedis, type RedisClient } from '@tickstock/event-log'

/** A Redis that is mute may have been replaced, ms. */
const COMMAND_TIMEOUT = 5_000

/**
 * A connection for publishing. Commands fail at once while it is down (the caller waits and repeats them) instead of
 * queueing up in memory; it reconnects by itself, within a second and at a random moment of it.
 */
export function publishingConnection(url: string, onError: (error: Error) => void): RedisClient {
  const redis = openRedis({
    url,
    name: 'market-replay',
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: COMMAND_TIMEOUT,
    lazyConnect: true
  })
  redis.on('error', onError)
  return redis
}
