import { Redis } from 'ioredis'

/**
 * A connection for publishing. Commands fail at once while it is down (the caller waits and repeats them) instead of
 * queueing up in memory; it reconnects by itself, within a second and at a random moment of it.
 */
export function publishingConnection(url: string, onError: (error: Error) => void): Redis {
  const redis = new Redis(url, {
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: attempts => Math.min(1_000, 50 * 2 ** attempts) * (1 - Math.random() / 2),
    connectionName: 'market-replay',
    lazyConnect: true
  })
  redis.on('error', onError)
  return redis
}
