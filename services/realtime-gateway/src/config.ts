import { type Static, Type } from '@sinclair/typebox'
import { redisConfig, serviceConfig } from '@tickstock/service-kit'

const Count = (options: { default: number; description: string }) =>
  Type.Integer({ minimum: 1, maximum: 10_000_000, ...options })

const own = Type.Object({
  HEARTBEAT_MS: Type.Integer({
    minimum: 100,
    maximum: 60_000,
    default: 5_000,
    description: 'time between heartbeats, ms; twice as long without a sign of life is a dead connection'
  }),
  SLOT: Type.Optional(
    Type.Integer({ minimum: 0, maximum: 1023, description: 'the slot of this instance; default: the first free one' })
  ),
  SLOT_TTL_MS: Type.Integer({
    minimum: 500,
    maximum: 600_000,
    default: 10_000,
    description: 'time until the slot of an instance that died is free, ms'
  }),
  GROUP_RETENTION_MS: Type.Integer({
    minimum: 1_000,
    maximum: 604_800_000,
    default: 3_600_000,
    description: 'time until the consumer groups of a slot that nobody holds are removed, ms'
  }),
  RING_SIZE: Count({ default: 10_000, description: 'entries of each channel that are kept in memory' }),
  RING_BYTES: Type.Integer({
    minimum: 1_024,
    maximum: 4_294_967_296,
    default: 33_554_432,
    description: 'bytes of event JSON of each channel that are kept in memory'
  }),
  MAX_REPLAY: Count({
    default: 1_000_000,
    description:
      'entries of the log that a subscription is given at most when it begins; what lies further back is told as a gap'
  }),
  REPLAY_BYTES: Type.Integer({
    minimum: 0,
    maximum: 4_294_967_296,
    default: 16_777_216,
    description: 'bytes of event JSON that are kept in memory of what is replayed, for all who replay it'
  }),
  UNIVERSE_URL: Type.Optional(
    Type.String({
      pattern: '^https?://\\S+$',
      description: 'url of user-universe; without it no subscription can follow a watchlist or a saved filter'
    })
  ),
  PATTERNS_URL: Type.Optional(
    Type.String({
      pattern: '^https?://\\S+$',
      description: 'url of pattern-query; without it no subscription can begin with a snapshot'
    })
  ),
  ALLOWED_ORIGINS: Type.String({
    default: '',
    description: 'comma-separated origins of pages that may connect; default: those of the host that is asked'
  }),
  MAX_CONNECTIONS: Count({ default: 20_000, description: 'sockets of this instance' }),
  MAX_CONNECTIONS_PER_ADDRESS: Count({ default: 5_000, description: 'sockets of one address' }),
  MAX_UNAUTHENTICATED: Count({
    default: 1_000,
    description: 'sockets of this instance that have not said yet who they are'
  }),
  MAX_UNAUTHENTICATED_PER_ADDRESS: Count({ default: 100, description: 'those of one address' }),
  MAX_CONNECTIONS_PER_USER: Count({ default: 50, description: 'sockets of one user; not held in development mode' })
})

export const gatewayConfig = Type.Composite([serviceConfig, redisConfig, own])

export type GatewayConfig = Static<typeof gatewayConfig>
