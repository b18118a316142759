import { type Static, type TObject, Type } from '@sinclair/typebox'
import { ConfigError } from './config-error.ts'
import { corsConfig } from './cors.ts'
import { fieldErrors } from './expectation.ts'
import { identityConfig } from './identity-config.ts'
import { identityFaults } from './identity-faults.ts'
import { REDIS_URL_FORMAT } from './redis-url-format.ts'
import { createAjv } from './validator.ts'

const process = Type.Object({
  NODE_ENV: Type.Union([Type.Literal('development'), Type.Literal('test'), Type.Literal('production')], {
    default: 'development'
  }),
  HOST: Type.String({ minLength: 1, default: '127.0.0.1', description: 'address to listen on' }),
  PORT: Type.Integer({ minimum: 0, maximum: 65_535, default: 0, description: '0 takes a free one' }),
  LOG_LEVEL: Type.Union(
    ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'].map(level => Type.Literal(level)),
    { default: 'info' }
  ),
  DRAIN_MS: Type.Integer({
    minimum: 0,
    maximum: 600_000,
    default: 0,
    description: 'time between "not ready" and the closed port, for balancers that poll'
  }),
  SHUTDOWN_MS: Type.Integer({
    minimum: 100,
    maximum: 600_000,
    default: 10_000,
    description: 'time from a signal to the exit, ms'
  })
})

/** What every service is told by its environment. A service's own schema is composed with it. */
export const serviceConfig = Type.Composite([process, identityConfig, corsConfig])

export type ServiceConfig = Static<typeof serviceConfig>

/** What a service that uses Redis is told besides. */
export const redisConfig = Type.Object({
  REDIS_URL: Type.String({
    format: REDIS_URL_FORMAT
  })
})

export type RedisConfig = Static<typeof redisConfig>

/**
 * The configuration that `env` holds, with defaults; an empty variable counts as not set.
 *
 * @throws ConfigError with all faults at once
 */
export function loadConfig<Schema extends TObject>(schema: Schema, env: NodeJS.ProcessEnv): Static<Schema> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''))
  const ajv = createAjv({ coerce: true, removeAdditional: true })
  const validate = ajv.compile<Static<Schema>>({ ...schema, additionalProperties: false })

  const config = { ...given }
  const faults = 'AUTH_MODE' in schema.properties ? identityFaults(given) : []
  if (validate(config) && faults.length === 0) return config
  const expected = fieldErrors(validate.errors ?? [], '').map(fault => `${fault.field}: expected ${fault.expected}`)
  throw new ConfigError([...expected, ...faults])
}
