import type { PatternPerformance } from '@tickstock/contracts'
import type { RedisClient } from '@tickstock/event-log'
import { connectRedis, type StartContext } from '@tickstock/service-kit'
import type { Config } from './config.ts'
import { PerformanceLog } from './stores/performance-log.ts'

export interface Performance {
  /** Where it is recorded how long requests take. */
  readonly redis: RedisClient
  readonly figures: () => Promise<PatternPerformance>
}

/** How long a command may take, ms. Somebody waits for the figures. */
const COMMAND_TIMEOUT = 2_000

/** Opens the connection for `api_performance`: one of its own, so that nothing that scans need stands behind a megabyte of it. */
export function openPerformance({ config, logger, lifetime }: StartContext<Config>): Performance {
  const name = 'pattern-query:performance'
  const redis = connectRedis({ url: config.REDIS_URL, name, logger, commandTimeout: COMMAND_TIMEOUT })
  lifetime.own(`redis ${name}`, () => redis.disconnect())
  const log = new PerformanceLog(redis)
  return { redis, figures: () => log.figures() }
}
