import { type Static, Type } from '@sinclair/typebox'
import { ConfigError, redisConfig, serviceConfig } from '@tickstock/service-kit'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Everything that the environment says to this service. */
export const config = Type.Composite([
  serviceConfig,
  redisConfig,
  Type.Object({
    LOG_MAX_AGE_MS: Type.Integer({
      minimum: MINUTE,
      default: 7 * DAY,
      description: 'age beyond which entries of a log go that every gateway has read, ms'
    }),
    LOG_MAX_LENGTH: Type.Integer({
      minimum: 1_000,
      default: 1_000_000,
      description: 'entries of each log beyond which the oldest go that every gateway has read'
    }),
    LOG_HARD_LENGTH: Type.Optional(
      Type.Integer({
        minimum: 1_000,
        description: 'entries of each log beyond which the oldest go, read or not; twice LOG_MAX_LENGTH by default'
      })
    ),
    LOG_REPLICAS: Type.Integer({
      minimum: 0,
      maximum: 16,
      default: 0,
      description: 'replicas of Redis that must have an event before it counts as appended'
    }),
    DEDUP_WINDOW_MS: Type.Integer({
      minimum: 1_000,
      default: DAY,
      description: 'how long an event is known to have been appended, ms'
    }),
    PATTERN_TTL_MS: Type.Integer({
      minimum: 1_000,
      default: HOUR,
      description: 'life of a pattern that does not say when it expires, ms'
    }),
    UNIVERSE_URL: Type.Optional(
      Type.String({
        pattern: '^https?://\\S+$',
        description: 'url of user-universe; without it nothing can be scanned by sector, watchlist or saved filter'
      })
    ),
    STALE_AFTER_MS: Type.Integer({
      minimum: 200,
      default: 5_000,
      description: 'answers say that they are stale when the log was not read for so long, ms'
    }),
    MAX_LIVE_PATTERNS: Type.Integer({
      minimum: 1,
      maximum: 1_000_000,
      default: 200_000,
      description: 'live patterns beyond which the oldest detections expire early'
    }),
    INBOX_ABANDONED_MS: Type.Integer({
      minimum: 1_000,
      maximum: 3_600_000,
      default: 30_000,
      description: 'an entry of the inbox that its replica was not done with for so long is taken by another, ms'
    }),
    INGEST_QUEUE_LIMIT: Type.Integer({
      minimum: 1,
      maximum: 10_000_000,
      default: 100_000,
      description: 'events of one channel that wait in memory while Redis is away'
    })
  })
])

export type Config = Static<typeof config>

/**
 * Entries of a log beyond which the oldest go, whoever has not read them.
 *
 * @throws ConfigError where that is fewer than are kept anyway
 */
export function hardLength({ LOG_HARD_LENGTH, LOG_MAX_LENGTH }: Config): number {
  const length = LOG_HARD_LENGTH ?? 2 * LOG_MAX_LENGTH
  if (length < LOG_MAX_LENGTH) throw new ConfigError(['LOG_HARD_LENGTH: expected no less than LOG_MAX_LENGTH'])
  return length
}
