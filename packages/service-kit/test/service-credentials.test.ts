import { mock } from 'node:test'
import { ConfigError, createServer, identity, serviceCredentials, userOf } from '@tickstock/service-kit'
import { type Teardown, tokenFor } from '@tickstock/test-kit'
import { SignJWT } from 'jose'
import t from 'tap'
import type { IdentityConfig } from '../src/identity-config.ts'
import { readableLogger } from './fixtures/log-lines.ts'

const AUTH_SECRET = 'a secret of at least 32 characters!'
const SERVICE_SECRET = 'another one, which services share among them'
const config: IdentityConfig = { AUTH_MODE: 'token', AUTH_SECRET, SERVICE_SECRET }

function startReceiver(t: Teardown, config: IdentityConfig) {
  const app = createServer({ logger: readableLogger().logger })
  t.teardown(() => app.close())
  app.register(identity, { config })
  app.get('/whoami', request => ({ user: userOf(request) }))
  return async (headers: Record<string, string>) => {
    const answer = await app.inject({ url: '/whoami', headers })
    return answer.statusCode === 200 ? answer.json().user : answer.json().code
  }
}

const signed = (claims: Record<string, unknown>, by: string) =>
  new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).setExpirationTime('1m').sign(Buffer.from(by))

t.test('a service is known by its credentials, and can speak for a user', async t => {
  const ask = startReceiver(t, config)
  const credentials = serviceCredentials(config, 'pattern-query')

  t.equal(await ask(await credentials.headers()), 'service:pattern-query')
  t.equal(await ask(await credentials.headersFor('alice')), 'alice')
})

t.test('credentials stay the same for a while, so that the receiver checks them once', async t => {
  mock.timers.enable({ apis: ['Date'], now: Date.UTC(2026, 0, 5, 12) })
  t.teardown(() => mock.timers.reset())
  const credentials = serviceCredentials(config, 'pattern-query')
  const [first, forAlice] = [await credentials.headers(), await credentials.headersFor('alice')]
  mock.timers.tick(59_000)
  t.same([await credentials.headers(), await credentials.headersFor('alice')], [first, forAlice])

  mock.timers.tick(1_000)
  t.notSame(await credentials.headers(), first)
})

t.test('no user is a service, whoever signs for him', async t => {
  const ask = startReceiver(t, config)
  const services = { iss: 'tickstock-services' }
  const attempts = [
    await tokenFor('service:pattern-query', AUTH_SECRET),
    await tokenFor('service:pattern-query', SERVICE_SECRET),
    await signed({ ...services, sub: 'service:pattern-query' }, AUTH_SECRET),
    await signed({ sub: 'service:pattern-query', iss: 'else' }, SERVICE_SECRET),
    await signed({ ...services, sub: 'alice' }, SERVICE_SECRET),
    await signed({ ...services, sub: 'alice', act: { sub: 'bob' } }, SERVICE_SECRET),
    await signed({ ...services, sub: 'alice', act: 'service:x' }, SERVICE_SECRET),
    await signed({ ...services, sub: 'service:y', act: { sub: 'service:x' } }, SERVICE_SECRET),
    await signed({ ...services, sub: 'a b', act: { sub: 'service:x' } }, SERVICE_SECRET),
    await signed({ ...services, sub: 'service:' }, SERVICE_SECRET),
    await signed({ ...services }, SERVICE_SECRET)
  ]

  for (const token of attempts) t.equal(await ask({ authorization: `Bearer ${token}` }), 'unauthenticated')
  t.equal(await ask({ 'x-user-id': 'service:pattern-query' }), 'unauthenticated')
})

t.test('where services share no secret, none is known', async t => {
  const ask = startReceiver(t, { AUTH_MODE: 'token', AUTH_SECRET })

  t.equal(await ask(await serviceCredentials(config, 'pattern-query').headers()), 'unauthenticated')
})

t.test('in development without a secret a service says who it is, with one it proves it', async t => {
  const open = startReceiver(t, { AUTH_MODE: 'development' })
  const closed = startReceiver(t, { AUTH_MODE: 'development', SERVICE_SECRET })
  const declared = serviceCredentials({ AUTH_MODE: 'development' }, 'pattern-query')
  const proven = serviceCredentials({ AUTH_MODE: 'development', SERVICE_SECRET }, 'pattern-query')

  t.equal(await open(await declared.headers()), 'service:pattern-query')
  t.equal(await open(await declared.headersFor('alice')), 'alice')
  t.equal(await closed(await declared.headers()), 'unauthenticated')
  t.equal(await closed(await proven.headers()), 'service:pattern-query')
})

t.test('a service that asks others does not start without a secret', t => {
  t.throws(() => serviceCredentials({ AUTH_MODE: 'token' }, 'pattern-query'), ConfigError)
  t.end()
})
