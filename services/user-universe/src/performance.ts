import type { RedisClient } from '@tickstock/event-log'
import { connectRedis, type StartContext } from '@tickstock/service-kit'
import type { Config } from './config.ts'

/** How long a command may take, ms. Nobody waits for it. */
const COMMAND_TIMEOUT = 2_000

/** Opens the connection by which it is recorded how long requests take; undefined where no Redis is configured. */
export function openPerformance({ config, logger, lifetime }: StartContext<Config>): RedisClient | undefined {
  if (config.REDIS_URL === undefined) return undefined
  const name = 'user-universe:performance'
  const redis = connectRedis({ url: config.REDIS_URL, name, logger, commandTimeout: COMMAND_TIMEOUT })
  lifetime.own(`redis ${name}`, () => redis.disconnect())
  return redis
}
