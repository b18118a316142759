import { CHANNELS, perChannel } from '@tickstock/contracts'
import { LogRetention } from '@tickstock/event-log'
import { connectRedis, type StartContext } from '@tickstock/service-kit'
import type { Config } from './config.ts'
import { RetentionFeed } from './feeds/retention-feed.ts'
import { registerRetention } from './instruments.ts'
import { projectedPosition } from './stores/unified-position.ts'

/** How long a step may take, ms. Nobody waits for it. */
const COMMAND_TIMEOUT = 5_000

/** Keeps the logs within their age and length. A connection of its own: nothing that events or scans need stands behind it. */
export function startRetention(
  { config, logger, lifetime, registry }: StartContext<Config>,
  { everyMs }: { readonly everyMs?: number } = {}
): void {
  const name = 'pattern-query:retention'
  const redis = connectRedis({ url: config.REDIS_URL, name, logger, commandTimeout: COMMAND_TIMEOUT })
  lifetime.own(`redis ${name}`, () => redis.disconnect())

  const { LOG_MAX_AGE_MS: maxAgeMs, LOG_MAX_LENGTH: maxLength } = config
  const feeds = perChannel(
    channel =>
      new RetentionFeed({
        channel,
        retention: new LogRetention({
          redis,
          channel,
          maxAgeMs,
          maxLength,
          projected: () => projectedPosition(redis, channel)
        }),
        logger,
        ...(everyMs && { everyMs })
      })
  )
  registerRetention(registry, channel => feeds[channel].retained)

  const stop = new AbortController()
  const running = Promise.all(CHANNELS.map(channel => feeds[channel].run(stop.signal)))
  lifetime.own('retention', async () => {
    stop.abort()
    await running
  })
}
