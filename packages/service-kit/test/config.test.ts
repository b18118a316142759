import { Type } from '@sinclair/typebox'
import { ConfigError, loadConfig, redisConfig, serviceConfig } from '@tickstock/service-kit'
import t from 'tap'

const secret = 'x'.repeat(32)
const schema = Type.Composite([serviceConfig, redisConfig])

const faultsOf = (env: NodeJS.ProcessEnv): readonly string[] => {
  try {
    loadConfig(schema, env)
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
    throw error
  }
  return []
}

t.test('what is not set takes its default, and text becomes what the schema says', async t => {
  const config = loadConfig(schema, {
    AUTH_SECRET: secret,
    REDIS_URL: 'redis://localhost:6379',
    PORT: '8080',
    HOME: '/'
  })

  t.strictSame(config, {
    NODE_ENV: 'development',
    HOST: '127.0.0.1',
    PORT: 8080,
    LOG_LEVEL: 'info',
    AUTH_MODE: 'token',
    AUTH_SECRET: secret,
    AUTH_CLOCK_SKEW_S: 5,
    TRUSTED_PROXIES: 'loopback,uniquelocal',
    RATE_LIMIT: 'on',
    RATE_LIMIT_USER: 500,
    RATE_LIMIT_WRITES: 20,
    RATE_LIMIT_ADDRESS: 50,
    CORS_ORIGINS: '',
    DRAIN_MS: 0,
    SHUTDOWN_MS: 10_000,
    REDIS_URL: 'redis://localhost:6379'
  })
})

t.test('all faults are told at once, by name and expectation', async t => {
  const faults = faultsOf({ PORT: '99999', LOG_LEVEL: 'loud', SHUTDOWN_MS: 'soon' })

  t.strictSame(faults, [
    'REDIS_URL: expected a url of Redis, redis://[user:password@]host[:port][/db], redis-sentinel://[user:password@]host[:port],…/master[/db] or redis-cluster://[user:password@]host[:port],…; rediss… for TLS; db is a number; it is missing',
    'PORT: expected an integer >= 0 and <= 65535',
    'LOG_LEVEL: expected one of: trace, debug, info, warn, error, fatal, silent',
    'SHUTDOWN_MS: expected an integer >= 100 and <= 600000',
    'AUTH_SECRET: expected text of at least 32 characters, or AUTH_JWKS_URL, since AUTH_MODE is token'
  ])
})

t.test('no value of a variable is ever printed', async t => {
  const faults = faultsOf({ AUTH_SECRET: 'short-hunter2', REDIS_URL: 'http://user:hunter2@host', PORT: 'hunter2' })

  t.equal(faults.length, 3)
  t.notMatch(faults.join(), /hunter2/)
})

t.test('an empty variable counts as not set', async t => {
  t.match(faultsOf({ AUTH_SECRET: '', REDIS_URL: '' }).join(), /REDIS_URL.*missing.*AUTH_SECRET/)
  t.equal(loadConfig(serviceConfig, { AUTH_SECRET: secret, PORT: '' }).PORT, 0)
})

t.test('development identity is refused in production', async t => {
  const faults = faultsOf({ AUTH_MODE: 'development', NODE_ENV: 'production', REDIS_URL: 'redis://localhost' })

  t.equal(faults.length, 1)
  t.match(faults[0], /^AUTH_MODE: expected token or proxy: development lets anyone be anyone, in production$/)
})

t.test('development identity needs no secret elsewhere', async t => {
  t.equal(loadConfig(serviceConfig, { AUTH_MODE: 'development' }).AUTH_SECRET, undefined)
})

t.test('an issuer by his keys needs no secret', async t => {
  const jwks = { AUTH_JWKS_URL: 'https://id.example/keys', AUTH_ISSUER: 'https://id.example', AUTH_AUDIENCE: 'us' }
  t.match(loadConfig(serviceConfig, { ...jwks, NODE_ENV: 'production' }), jwks)

  const wrong = { AUTH_JWKS_URL: 'file:///etc/passwd', AUTH_CLOCK_SKEW_S: '3600', REDIS_URL: 'redis://localhost' }
  t.match(faultsOf(wrong), [/^AUTH_JWKS_URL: expected text like/, /^AUTH_CLOCK_SKEW_S: expected an integer/])
})

t.test('production names all that is insecure, beside what is wrong', async t => {
  const faults = faultsOf({
    NODE_ENV: 'production',
    AUTH_SECRET: 'x'.repeat(40),
    SERVICE_SECRET: 'short',
    TRUSTED_PROXIES: 'everybody',
    REDIS_URL: 'redis://localhost'
  })

  t.match(faults.join('\n'), /^SERVICE_SECRET: expected text of 32 to/m)
  t.match(faults.join('\n'), /^TRUSTED_PROXIES: expected addresses/m)
  t.match(faults.join('\n'), /^AUTH_SECRET: expected a random one/m)
})

t.test('a schema without identity asks for none', async t => {
  t.strictSame(loadConfig(redisConfig, { REDIS_URL: 'redis://localhost' }), { REDIS_URL: 'redis://localhost' })
})
