import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { ANONYMOUS, createServer, type IdentityOptions, identity, requireUser, userOf } from '@tickstock/service-kit'
import { type Teardown, tokenFor } from '@tickstock/test-kit'
import { SignJWT } from 'jose'
import t from 'tap'
import { readableLogger } from './fixtures/log-lines.ts'

const secret = 'a secret of at least 32 characters!'
const token: IdentityOptions = { config: { AUTH_MODE: 'token', AUTH_SECRET: secret } }
const development: IdentityOptions = { config: { AUTH_MODE: 'development' } }

function startApp(t: Teardown, options: IdentityOptions) {
  const log = readableLogger()
  const app = createServer({ logger: log.logger })
  t.teardown(() => app.close())
  app.register(identity, options)
  app.get('/whoami', request => ({ user: userOf(request) }))
  app.get('/public', () => ({ open: true }))
  app.post('/guarded', { onRequest: requireUser }, () => ({ read: true }))
  const ask = async (headers: Record<string, string>) => {
    const answer = await app.inject({ url: '/whoami', headers })
    return answer.statusCode === 200 ? answer.json().user : answer.json().code
  }
  return { app, ask, log }
}

t.test('a token says who its bearer is, the first time and the next', async t => {
  const { ask } = startApp(t, token)
  const authorization = `Bearer ${await tokenFor('alice', secret)}`

  t.equal(await ask({ authorization }), 'alice')
  t.equal(await ask({ authorization: authorization.replace('Bearer', 'bearer') }), 'alice')
})

t.test('no way in with less than a token of ours', async t => {
  const { ask, log } = startApp(t, token)
  const good = await tokenFor('alice', secret)
  const attempts: Record<string, string>[] = [
    {},
    { 'x-user-id': 'alice' },
    { authorization: '' },
    { authorization: 'Bearer' },
    { authorization: 'Bearer ' },
    { authorization: good },
    { authorization: `Basic ${good}` },
    { authorization: `Bearer ${good}, Bearer ${good}` },
    { authorization: `Bearer ${good} x` },
    { authorization: `Bearer ${good}\u00e9` },
    { authorization: `Bearer ${await tokenFor('alice', secret, { expiresIn: '-10s' })}` },
    { authorization: `Bearer ${await tokenFor('alice', 'another secret of 32 characters!!!')}`, 'x-user-id': 'alice' }
  ]

  for (const headers of attempts) t.equal(await ask(headers), 'unauthenticated', JSON.stringify(headers))
  t.notMatch(log.text(), good)
})

t.test('an Authorization header that comes twice is refused, whichever is valid', async t => {
  const { app } = startApp(t, token)
  const { port } = new URL(await app.listen({ port: 0 }))
  const good = await tokenFor('alice', secret)
  const send = async (lines: readonly string[]) => {
    const socket = connect(Number(port), '127.0.0.1')
    socket.write(['GET /whoami HTTP/1.1', 'host: x', 'connection: close', ...lines, '', ''].join('\r\n'))
    return text(socket)
  }

  t.match(await send([`Authorization: Bearer ${good}`]), /^HTTP\/1.1 200/)
  t.match(await send([`Authorization: Bearer ${good}`, 'authorization: Bearer x']), /^HTTP\/1.1 401/)
  t.match(await send(['authorization: Bearer x', `AUTHORIZATION: Bearer ${good}`]), /^HTTP\/1.1 401/)
})

t.test('routes that ask for nobody need nobody, even with a bad token', async t => {
  const { app } = startApp(t, token)

  t.equal((await app.inject('/public')).statusCode, 200)
  t.equal((await app.inject({ url: '/public', headers: { authorization: 'Bearer x' } })).statusCode, 200)
})

t.test('a guarded route refuses before it reads the body', async t => {
  const { app } = startApp(t, token)
  const post = (headers: Record<string, string>) =>
    app.inject({ method: 'POST', url: '/guarded', headers, payload: '{broken' })

  t.equal((await post({ 'content-type': 'application/json' })).statusCode, 401)
  const authorization = `Bearer ${await tokenFor('alice', secret)}`
  t.equal((await post({ 'content-type': 'application/json', authorization })).statusCode, 400)
})

t.test('what a guarded route answers is kept by no cache', async t => {
  const { app } = startApp(t, development)
  const answer = await app.inject({ method: 'POST', url: '/guarded', headers: { 'x-user-id': 'alice' } })

  t.equal(answer.statusCode, 200)
  t.equal(answer.headers['cache-control'], 'private, no-store')
})

t.test('in development X-User-ID is believed, if it is a user’s', async t => {
  const { ask } = startApp(t, development)

  t.equal(await ask({ 'x-user-id': 'alice' }), 'alice')
  for (const id of ['', 'a b', 'a, b', "a'--", '../a', 'x'.repeat(129)])
    t.equal(await ask({ 'x-user-id': id }), 'unauthenticated')
  t.equal(await ask({}), 'unauthenticated')
})

t.test('in development tokens are checked where there is a secret, else refused', async t => {
  const authorization = `Bearer ${await tokenFor('alice', secret)}`
  const withSecret = startApp(t, { config: { AUTH_MODE: 'development', AUTH_SECRET: secret } })
  const without = startApp(t, development)

  t.equal(await withSecret.ask({ authorization, 'x-user-id': 'bob' }), 'alice')
  t.equal(await without.ask({ authorization, 'x-user-id': 'bob' }), 'unauthenticated')
})

t.test('optional identity is for development alone', async t => {
  const open = startApp(t, { ...development, optional: true })
  const closed = startApp(t, { ...token, optional: true })

  t.equal(await open.ask({}), ANONYMOUS)
  t.equal(await open.ask({ 'x-user-id': 'a b' }), 'unauthenticated')
  t.equal(await closed.ask({}), 'unauthenticated')
})

t.test('what is for users alone is not for the anonymous', async t => {
  const { app } = startApp(t, { ...development, optional: true })
  const post = async (headers: Record<string, string>) =>
    (await app.inject({ method: 'POST', url: '/guarded', headers })).statusCode

  t.equal(await post({}), 401)
  t.equal(await post({ 'x-user-id': ANONYMOUS }), 401)
  t.equal(await post({ 'x-user-id': 'alice' }), 200)
})

t.test('a proxy that is trusted says who users are, and nobody else does', async t => {
  const believed = startApp(t, { config: { AUTH_MODE: 'proxy', TRUSTED_PROXIES: 'loopback' } })
  const other = startApp(t, { config: { AUTH_MODE: 'proxy', TRUSTED_PROXIES: '192.0.2.7', AUTH_SECRET: secret } })
  const none = startApp(t, { config: { AUTH_MODE: 'proxy' } })

  t.equal(await believed.ask({ 'x-user-id': 'alice' }), 'alice')
  t.equal(await believed.ask({ 'x-user-id': 'service:pattern-query' }), 'unauthenticated')
  t.equal(await believed.ask({ 'x-user-id': 'alice, bob' }), 'unauthenticated')
  t.equal(await believed.ask({}), 'unauthenticated')
  t.equal(await none.ask({ 'x-user-id': 'alice' }), 'unauthenticated')
  for (const said of ['192.0.2.7', '192.0.2.7, 192.0.2.7', '127.0.0.1']) {
    t.equal(await other.ask({ 'x-user-id': 'alice', 'x-forwarded-for': said }), 'unauthenticated', said)
  }
  t.equal(await other.ask({ authorization: `Bearer ${await tokenFor('alice', secret)}` }), 'alice')
})

t.test('over a real connection it is the peer that counts, also where X-Forwarded-For names the proxy', async t => {
  for (const [TRUSTED_PROXIES, status] of [
    ['127.0.0.1', 200],
    ['192.0.2.7', 401]
  ] as const) {
    const { app } = startApp(t, { config: { AUTH_MODE: 'proxy', TRUSTED_PROXIES } })
    const url = await app.listen({ port: 0, host: '127.0.0.1' })
    const headers = { 'x-user-id': 'alice', 'x-forwarded-for': '192.0.2.7' }
    for (let n = 0; n < 2; n += 1) t.equal((await fetch(`${url}/whoami`, { headers })).status, status)
  }
})

t.test('a token with a scope may do what it says and no more', async t => {
  const scopes = { read: 'universe:read', write: 'universe:write' } as const
  const { app } = startApp(t, { ...token, scopes })
  app.post('/whoami', request => ({ user: userOf(request) }))
  const ask = async (method: 'GET' | 'POST', claims: Record<string, string>) => {
    const signed = new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).setSubject('alice').setExpirationTime('1m')
    const authorization = `Bearer ${await signed.sign(Buffer.from(secret))}`
    const first = await app.inject({ method, url: '/whoami', headers: { authorization } })
    const again = await app.inject({ method, url: '/whoami', headers: { authorization } })
    t.equal(again.statusCode, first.statusCode)
    return first.statusCode === 200 ? 200 : `${first.json().code}: ${first.json().detail}`
  }

  t.equal(await ask('GET', {}), 200)
  t.equal(await ask('POST', {}), 200)
  t.equal(await ask('GET', { scope: 'openid universe:read' }), 200)
  t.equal(await ask('POST', { scope: 'universe:read' }), 'forbidden: The token lacks the scope universe:write')
  t.equal(await ask('POST', { scope: 'universe:write' }), 200)
  t.equal(await ask('GET', { scope: 'universe:write' }), 'forbidden: The token lacks the scope universe:read')
  t.equal(await ask('GET', { scope: '' }), 'forbidden: The token lacks the scope universe:read')
})

t.test('a service is no user', async t => {
  const { app } = startApp(t, development)
  const headers = { 'x-user-id': 'service:pattern-query' }

  t.equal((await app.inject({ method: 'POST', url: '/guarded', headers })).statusCode, 403)
  t.equal((await app.inject({ url: '/whoami', headers })).json().user, 'service:pattern-query')
})
