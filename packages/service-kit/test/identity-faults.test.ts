import t from 'tap'
import { identityFaults } from '../src/identity-faults.ts'

/** As `openssl rand -base64 48` makes them. */
const SECRET = 'yqX3r7Jt0LmWcB9vKfD2sHnQzUeG8aPoT5iYkRjVxN1M'
const OTHER = 'Zk4uWq8hRb2nLs6vXe0pTy3mGj7cFa1dIo5rQw9zBxCv'

const namesOf = (env: Record<string, string>) => identityFaults(env).map(fault => fault.split(':')[0])
const inProduction = (env: Record<string, string>) => namesOf({ NODE_ENV: 'production', ...env })

t.test('what is sound is found so, in production too', async t => {
  const jwks = { AUTH_JWKS_URL: 'https://id.example/keys', AUTH_ISSUER: 'https://id.example', AUTH_AUDIENCE: 'us' }
  const sound: Record<string, string>[] = [
    { AUTH_SECRET: SECRET },
    { AUTH_MODE: 'token', AUTH_SECRET: SECRET, SERVICE_SECRET: OTHER },
    { ...jwks, SERVICE_SECRET: OTHER, REDIS_URL: 'redis://:other@host', DATABASE_URL: 'no url' },
    { ...jwks, AUTH_JWKS_URL: 'http://127.0.0.1:8080/keys' },
    { ...jwks, AUTH_JWKS_URL: 'http://[::1]:8080/keys' },
    { ...jwks, AUTH_JWKS_URL: 'http://localhost/keys' },
    { AUTH_MODE: 'proxy', TRUSTED_PROXIES: '10.1.0.0/16, fd00::/48,loopback, 192.0.2.7' },
    { AUTH_MODE: 'proxy', TRUSTED_PROXIES: 'uniquelocal' },
    { AUTH_SECRET: SECRET, ALLOWED_ORIGINS: 'https://a.example,https://b.example' }
  ]
  for (const env of sound) t.same(identityFaults({ NODE_ENV: 'production', ...env }), [], JSON.stringify(env))
})

t.test('what contradicts itself is refused everywhere', async t => {
  t.same(namesOf({}), ['AUTH_SECRET'])
  t.same(namesOf({ AUTH_MODE: 'proxy' }), ['TRUSTED_PROXIES'])
  t.same(namesOf({ AUTH_SECRET: SECRET, AUTH_JWKS_URL: 'https://x' }), ['AUTH_JWKS_URL'])
  t.same(namesOf({ AUTH_SECRET: SECRET, SERVICE_SECRET: SECRET }), ['SERVICE_SECRET'])
  t.same(namesOf({ AUTH_SECRET: SECRET, AUTH_ISSUER: 'tickstock-services' }), ['AUTH_ISSUER'])
  for (const list of ['nonsense', '10.0.0.0/33', '10.0.0.0/8/8', '10.0.0.0/x', '::/129', '1.2.3', 'loopback,private']) {
    t.same(namesOf({ AUTH_SECRET: SECRET, TRUSTED_PROXIES: list }), ['TRUSTED_PROXIES'], list)
  }
})

t.test('production refuses all that is insecure, names it at once, and tells no value', async t => {
  const faults = identityFaults({
    NODE_ENV: 'production',
    AUTH_MODE: 'development',
    AUTH_JWKS_URL: 'http://id.hunter2.example/keys',
    SERVICE_SECRET: 'change-me-hunter2-change-me-hunter2',
    ALLOWED_ORIGINS: 'https://a.example,*',
    CORS_ORIGINS: 'https://*.hunter2.example'
  })

  t.same(
    faults.map(fault => fault.split(':')[0]),
    ['AUTH_MODE', 'SERVICE_SECRET', 'AUTH_JWKS_URL', 'AUTH_ISSUER', 'AUTH_AUDIENCE', 'ALLOWED_ORIGINS', 'CORS_ORIGINS']
  )
  t.notMatch(faults.join(), /hunter2/)
})

t.test('production refuses secrets that can be guessed, or that are used twice', async t => {
  for (const secret of [
    'a'.repeat(64),
    'abc'.repeat(20),
    'a secret of at least 32 characters!',
    'please-change-me-please-change-me-now',
    '0123456789abcdef0123456789abcdef',
    'tickstock-pattern-discovery-hmac-key'
  ]) {
    t.same(inProduction({ AUTH_SECRET: secret }), ['AUTH_SECRET'], secret)
  }
  t.same(inProduction({ AUTH_SECRET: SECRET, REDIS_URL: `redis://:${SECRET}@host` }), ['AUTH_SECRET'])
  t.same(inProduction({ AUTH_SECRET: SECRET, SERVICE_SECRET: SECRET }), ['SERVICE_SECRET'])
})

t.test('production takes keys from no url that somebody could answer for', async t => {
  for (const url of ['http://id.example/keys', 'http://10.0.0.1/keys', 'http://localhost.example/keys', 'http://[']) {
    const env = { AUTH_JWKS_URL: url, AUTH_ISSUER: 'https://id.example', AUTH_AUDIENCE: 'us' }
    t.same(inProduction(env), ['AUTH_JWKS_URL'], url)
    t.same(namesOf(env), [])
  }
})

t.test('production believes no proxy that could be anybody', async t => {
  for (const list of ['0.0.0.0/0', '::/0', '10.0.0.1, 128.0.0.0/1', '2000::/3']) {
    t.same(inProduction({ AUTH_MODE: 'proxy', TRUSTED_PROXIES: list }), ['TRUSTED_PROXIES'], list)
    t.same(namesOf({ AUTH_MODE: 'proxy', TRUSTED_PROXIES: list }), [])
  }
})
