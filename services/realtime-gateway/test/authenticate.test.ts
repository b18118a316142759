import type { Auth } from '@tickstock/contracts'
import { ANONYMOUS, createLogger, createServer, type IdentityConfig, identity } from '@tickstock/service-kit'
import { type Teardown, tokenFor } from '@tickstock/test-kit'
import t from 'tap'
import { authenticator } from '../src/authenticate.ts'

const AUTH_SECRET = 'a secret of at least 32 characters!'

/** Says who an `auth` message speaks for, on a socket whose upgrade has these headers. */
function startGate(t: Teardown, config: IdentityConfig) {
  const logger = createLogger({ service: 'test', level: 'silent' })
  const authenticate = authenticator(config, logger)
  const app = createServer({ logger })
  t.teardown(() => app.close())
  app.register(identity, { config })
  app.get('/', async (request, reply) => {
    const auth: Auth = JSON.parse(String(request.headers['x-auth']))
    const { user, proven, expiresAt } = await authenticate(auth, request)
    return reply.send({ user, proven, lasting: expiresAt === Number.POSITIVE_INFINITY })
  })
  return async (auth: Omit<Auth, 'type'>, headers: Record<string, string> = {}) => {
    const answer = await app.inject({
      url: '/',
      headers: { ...headers, 'x-auth': JSON.stringify({ type: 'auth', ...auth }) }
    })
    return answer.statusCode === 200 ? answer.json() : answer.json().code
  }
}

const token: IdentityConfig = { AUTH_MODE: 'token', AUTH_SECRET }

t.test('a token proves who it is, whatever else is said', async t => {
  const enter = startGate(t, token)
  const alice = await tokenFor('alice', AUTH_SECRET)

  for (let n = 0; n < 2; n += 1) {
    t.same(await enter({ token: alice, user: 'bob' }), { user: 'alice', proven: true, lasting: false })
  }
  t.equal(await enter({ token: `${alice}x` }, { authorization: `Bearer ${alice}` }), 'unauthenticated')
})

t.test('the upgrade itself may carry the token, and then it must be good', async t => {
  const enter = startGate(t, token)
  const authorization = `Bearer ${await tokenFor('alice', AUTH_SECRET)}`

  t.same(await enter({}, { authorization }), { user: 'alice', proven: true, lasting: false })
  t.equal(await enter({}, { authorization: `${authorization}x` }), 'unauthenticated')
  t.equal(await enter({ user: 'alice' }), 'unauthenticated')
  t.equal(await enter({}, { 'x-user-id': 'alice' }), 'unauthenticated')
})

t.test('behind a trusted proxy users are who it says', async t => {
  const behind = startGate(t, { AUTH_MODE: 'proxy', TRUSTED_PROXIES: 'loopback' })
  const elsewhere = startGate(t, { AUTH_MODE: 'proxy', TRUSTED_PROXIES: '192.0.2.7' })

  t.same(await behind({ user: 'bob' }, { 'x-user-id': 'alice' }), { user: 'alice', proven: true, lasting: true })
  t.equal(await behind({ user: 'bob' }), 'unauthenticated')
  t.equal(await elsewhere({}, { 'x-user-id': 'alice' }), 'unauthenticated')
})

t.test('in development whoever it says, if it is a user’s name', async t => {
  const enter = startGate(t, { AUTH_MODE: 'development' })

  t.same(await enter({ user: 'me' }), { user: 'me', proven: false, lasting: true })
  t.match(await enter({}), { user: ANONYMOUS })
  for (const user of ['a b', 'service:pattern-query', '{x}']) t.equal(await enter({ user }), 'unauthenticated', user)
})

t.test('where keys cannot be read nobody is let in, and nobody is told that his token is wrong', async t => {
  const enter = startGate(t, { AUTH_MODE: 'token', AUTH_JWKS_URL: 'http://127.0.0.1:1/keys' })

  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
  const token = `${encode({ alg: 'RS256', kid: '1' })}.${encode({ sub: 'alice', exp: 9e9 })}.${encode({})}`

  t.equal(await enter({ token }), 'not_ready')
})

t.test('a token that may not read patterns opens no feed', async t => {
  const enter = startGate(t, token)
  const scoped = (scope: string) => tokenFor('alice', AUTH_SECRET, { claims: { scope } })

  t.match(await enter({ token: await scoped('patterns:read') }), { user: 'alice' })
  t.equal(await enter({ token: await scoped('universe:read universe:write') }), 'forbidden')
})

t.test('whoever guesses is not answered any more', async t => {
  const enter = startGate(t, token)
  const alice = await tokenFor('alice', AUTH_SECRET)
  await enter({ token: alice })

  const answers: unknown[] = []
  for (let n = 0; n < 150; n += 1) answers.push(await enter({ token: await tokenFor('alice', `${AUTH_SECRET}${n}`) }))

  t.equal(answers[0], 'unauthenticated')
  t.ok(answers.filter(answer => answer === 'too_many_requests').length >= 20)
  t.match(await enter({ token: alice }), { user: 'alice' }, 'one that is known goes on')
})
