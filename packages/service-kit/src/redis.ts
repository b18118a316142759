import { Redis, type RedisOptions } from 'ioredis'
import type { Logger } from './logger.ts'

export interface RedisConnectionOptions
  extends Pick<RedisOptions, 'commandTimeout' | 'enableOfflineQueue' | 'lazyConnect'> {
  readonly url: string
  /** What the connection is for; seen in CLIENT LIST and in the log. */
  readonly name: string
  readonly logger: Logger
}

/** First, longest wait between attempts, ms. Redis is near, and an attempt costs it little; what is lost by waiting is everybody's. */
const BACKOFF = { first: 50, longest: 1_000 } as const

/** While Redis is away, one line in so many milliseconds says that it still is. */
const REMIND_EVERY = 30_000

/**
 * A connection that comes back by itself, for ever, with backoff and jitter.
 *
 * A command that was on its way when the connection broke fails, and is not sent again behind its caller's back: it may
 * have been done. A command given while there is no connection waits for the next attempt or two, then fails.
 * `commandTimeout` (ms) bounds all that; leave it out for blocking reads. Errors are logged once an outage.
 */
export function connectRedis({ url, name, logger, ...options }: RedisConnectionOptions): Redis {
  const redis = new Redis(url, {
    connectionName: name,
    connectTimeout: 5_000,
    maxRetriesPerRequest: 2,
    autoResendUnfulfilledCommands: false,
    retryStrategy: backoff,
    ...options
  })
  redis.on('close', () => failCommandsUnderWay(redis))
  logOutages(redis, logger.child({ connection: name }))
  return redis
}

/** ioredis forgets them when it connects again within `maxRetriesPerRequest` attempts: then nothing but the time-out would settle them. */
function failCommandsUnderWay(redis: Redis): void {
  // The words by which ioredis knows, in its own commands too, that no more is wrong than this.
  const error = new Error('Connection is closed.')
  for (let item = redis.commandQueue.shift(); item !== undefined; item = redis.commandQueue.shift()) {
    item.command.reject(error)
  }
}

/** Half of the wait is chance, so that a hundred clients do not come back in one beat. */
function backoff(attempt: number): number {
  const longest = Math.min(BACKOFF.longest, BACKOFF.first * 2 ** Math.min(attempt - 1, 10))
  return Math.round(longest / 2 + (Math.random() * longest) / 2)
}

function logOutages(redis: Redis, logger: Logger): void {
  let outage: { readonly since: number; errors: number; logged: number } | undefined

  redis.on('error', (error: Error) => {
    const now = Date.now()
    outage ??= { since: now, errors: 0, logged: 0 }
    outage.errors += 1
    if (now - outage.logged < REMIND_EVERY) return
    outage.logged = now
    logger.warn({ err: error, errors: outage.errors, ms: now - outage.since }, 'Redis does not answer')
  })
  redis.on('ready', () => {
    if (outage) logger.info({ errors: outage.errors, ms: Date.now() - outage.since }, 'Redis answers again')
    outage = undefined
  })
}
