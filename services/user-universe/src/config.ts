import { type Static, Type } from '@sinclair/typebox'
import { redisConfig, serviceConfig } from '@tickstock/service-kit'

const PostgresUrl = (role: string) =>
  Type.String({
    pattern: '^postgres(ql)?://\\S+$',
    description: `url of the database, with user and password of ${role}`
  })

const roles = Type.Object({
  DATABASE_READ_URL: PostgresUrl('the role that may only read'),
  DATABASE_WRITE_URL: PostgresUrl('the role that may write user_watchlists and user_filters')
})

/** Everything that the environment says to this service. */
export const config = Type.Composite([
  serviceConfig,
  roles,
  Type.Object({
    DATABASE_REPLICA_URLS: Type.Optional(
      Type.String({
        pattern: '^postgres(ql)?://[^\\s,]+(,postgres(ql)?://[^\\s,]+)*$',
        description: 'urls of copies of the database, with user and password of the role that may only read, by commas'
      })
    ),
    DATABASE_RELAY_URL: Type.Optional(PostgresUrl('the role that may take what is in universe_outbox')),
    REDIS_URL: Type.Optional(redisConfig.properties.REDIS_URL),
    DATABASE_POOL_SIZE: Type.Integer({
      minimum: 1,
      maximum: 200,
      default: 10,
      description: 'connections of each of the two pools'
    })
  })
])

export type Config = Static<typeof config>

/** What the migration job is told. */
export const migrateConfig = Type.Composite([
  roles,
  Type.Object({
    DATABASE_RELAY_URL: Type.Optional(PostgresUrl('the role that may take what is in universe_outbox')),
    DATABASE_PRODUCER_URL: Type.Optional(PostgresUrl('the role of the producer, who lists symbols')),
    DATABASE_OWNER_URL: PostgresUrl('the owner of the tables, who may make roles')
  })
])

export type MigrateConfig = Static<typeof migrateConfig>
