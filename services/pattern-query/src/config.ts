import { type Static, Type } from '@sinclair/typebox'
import { redisConfig, serviceConfig } from '@tickstock/service-kit'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** Everything that the environment says to this service. */
export const config = Type.Composite([
  serviceConfig,
  redisConfig,
  Type.Object({
    LOG_MAX_LENGTH: Type.Integer({ minimum: 1_000, default: 1_000_000, description: 'entries kept of each log' }),
    DEDUP_WINDOW_MS: Type.Integer({
      minimum: 1_000,
      default: 24 * HOUR,
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
    INGEST_QUEUE_LIMIT: Type.Integer({
      minimum: 1,
      maximum: 10_000_000,
      default: 100_000,
      description: 'events of one channel that wait in memory while Redis is away'
    })
  })
])

export type Config = Static<typeof config>
