import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { createServer } from 'node:http'
import { mock } from 'node:test'
import { createLogger, type IdentityConfig, TokenVerifier } from '@tickstock/service-kit'
import { type Teardown, until } from '@tickstock/test-kit'
import { SignJWT } from 'jose'
import t from 'tap'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

interface Pair {
  readonly kid: string
  readonly alg: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

const rsa = (kid: string): Pair => ({ kid, alg: 'RS256', ...generateKeyPairSync('rsa', { modulusLength: 2048 }) })
const ec = (kid: string): Pair => ({ kid, alg: 'ES256', ...generateKeyPairSync('ec', { namedCurve: 'P-256' }) })
const ed = (kid: string): Pair => ({ kid, alg: 'EdDSA', ...generateKeyPairSync('ed25519') })
const jwkOf = ({ kid, publicKey }: Pick<Pair, 'kid' | 'publicKey'>) => ({ kid, ...publicKey.export({ format: 'jwk' }) })

const claims = { iss: 'https://id.example', aud: 'tickstock', sub: 'alice', scope: 'patterns:read openid' }
const tokenBy = ({ kid, alg, privateKey }: Pair, more: Record<string, unknown> = {}, header: object = {}) =>
  new SignJWT({ ...claims, exp: Math.floor(Date.now() / 1000) + 3600, ...more })
    .setProtectedHeader({ alg, kid, ...header })
    .sign(privateKey)

/** An issuer's url, whose keys can change and which can go away. */
async function startIssuer(t: Teardown, pairs: readonly Pick<Pair, 'kid' | 'publicKey'>[]) {
  let body = JSON.stringify({ keys: pairs.map(jwkOf) })
  let status = 200
  let requests = 0
  const server = createServer((_request, response) => {
    requests += 1
    response.writeHead(status, { location: '/elsewhere' }).end(body)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/keys`
  const lines: string[] = []
  const logger = createLogger({ service: 'test', level: 'info', destination: { write: line => lines.push(line) } })
  const verifierWith = (more: Partial<IdentityConfig> = {}) =>
    new TokenVerifier(
      {
        AUTH_MODE: 'token',
        AUTH_JWKS_URL: url,
        AUTH_ISSUER: claims.iss,
        AUTH_AUDIENCE: claims.aud,
        ...more
      },
      logger
    )
  return {
    url,
    lines,
    verifierWith,
    requests: () => requests,
    answer: (text: string, code = 200) => {
      body = text
      status = code
    },
    publish: (pairs: readonly Pick<Pair, 'kid' | 'publicKey'>[]) => {
      body = JSON.stringify({ keys: pairs.map(jwkOf) })
      status = 200
    }
  }
}

const stopTheClock = (t: Teardown) => {
  mock.timers.enable({ apis: ['Date'], now: Date.now() })
  t.teardown(() => mock.timers.reset())
}

const refusal = { name: 'ProblemError', code: 'unauthenticated' }

t.test('tokens by public keys are taken, read once for all', async t => {
  const pairs = [rsa('r'), ec('e'), ed('d')]
  const issuer = await startIssuer(t, pairs)
  const verifier = issuer.verifierWith()

  const identities = await Promise.all(pairs.map(async pair => verifier.verify(await tokenBy(pair))))

  t.match(identities, [{ user: 'alice' }, { user: 'alice' }, { user: 'alice' }])
  t.same(identities[0]?.scopes, new Set(['patterns:read', 'openid']))
  t.equal(issuer.requests(), 1)
})

t.test('what is remembered needs neither key nor url', async t => {
  const pair = ed('1')
  const issuer = await startIssuer(t, [pair])
  const verifier = issuer.verifierWith()
  const token = await tokenBy(pair)
  await verifier.verify(await tokenBy(pair, { jti: 'the one that reads the keys' }))

  t.equal(verifier.remembered(token), undefined)
  await verifier.verify(token)
  t.match(verifier.remembered(token), { user: 'alice' })
})

t.test('no way in by what is not the issuer’s, or not for us', async t => {
  const pair = rsa('1')
  const issuer = await startIssuer(t, [pair, ec('2')])
  const verifier = issuer.verifierWith()
  const pem = pair.publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
  const exp = Math.floor(Date.now() / 1000) + 3600
  const hmac = (header: object, by: string | Buffer) => {
    const text = `${encode(header)}.${encode({ ...claims, exp })}`
    return `${text}.${createHmac('sha256', by).update(text).digest('base64url')}`
  }
  const own = rsa('1')
  const attempts: Record<string, string> = {
    none: `${encode({ alg: 'none', kid: '1' })}.${encode({ ...claims, exp })}.`,
    'HS256 by the public key, as PEM': hmac({ alg: 'HS256', kid: '1' }, pem),
    'HS256 by the public key, as DER': hmac(
      { alg: 'HS256', kid: '1' },
      pair.publicKey.export({ type: 'spki', format: 'der' })
    ),
    'another key under a known name': await tokenBy(own),
    'the key in the token itself': await tokenBy(own, {}, { jwk: jwkOf(own) }),
    'jku elsewhere': await tokenBy(own, {}, { jku: 'http://127.0.0.1:1/keys', kid: '9' }),
    'x5u elsewhere': await tokenBy(own, {}, { x5u: 'http://127.0.0.1:1/cert', kid: '1' }),
    'another algorithm': await tokenBy({ ...pair, alg: 'RS512' }),
    'a key of another kind': await tokenBy({ ...own, kid: '2' }),
    'no key named, of two': await tokenBy(pair, {}, { kid: undefined }),
    'another issuer': await tokenBy(pair, { iss: 'https://evil.example' }),
    'another audience': await tokenBy(pair, { aud: 'somebody else' }),
    'no audience': await tokenBy(pair, { aud: undefined }),
    expired: await tokenBy(pair, { exp: exp - 7200 }),
    'not yet': await tokenBy(pair, { nbf: exp }),
    'a scope that is no text': await tokenBy(pair, { scope: ['patterns:read'] }),
    'a service’s name': await tokenBy(pair, { sub: 'service:pattern-query' })
  }
  for (const kid of [
    '../../../etc/passwd',
    "1' OR '1'='1",
    'http://127.0.0.1:1/keys',
    '__proto__',
    'constructor',
    ''
  ]) {
    attempts[`kid ${kid}`] = await tokenBy(own, {}, { kid })
  }

  for (const [name, token] of Object.entries(attempts)) await t.rejects(verifier.verify(token), refusal, name)
  t.match(await verifier.verify(await tokenBy(pair)), { user: 'alice' })
  t.ok(issuer.requests() <= 2, 'forged names of keys cost one request')
})

t.test('finds a key among ten thousand by its name, and no unknown one', async t => {
  const pair = ec('9999')
  const other = jwkOf(ec('x'))
  const issuer = await startIssuer(t, [])
  const keys = Array.from({ length: 10_000 }, (_, n) => (n === 9999 ? jwkOf(pair) : { ...other, kid: `${n}` }))
  issuer.answer(JSON.stringify({ keys }))
  const verifier = issuer.verifierWith()
  await verifier.verify(await tokenBy(pair))
  const tokens = await Promise.all(Array.from({ length: 200 }, (_, n) => tokenBy(pair, { jti: `${n}` })))

  for (const token of tokens) t.match(await verifier.verify(token), { user: 'alice' })

  await t.rejects(verifier.verify(await tokenBy(ec('unknown'))), refusal)
})

t.test('a new key is found when a token names it, and forged names do not make us ask', async t => {
  stopTheClock(t)
  const [old, next] = [ec('old'), ec('new')]
  const issuer = await startIssuer(t, [old])
  const verifier = issuer.verifierWith()
  await verifier.verify(await tokenBy(old))
  issuer.publish([old, next])
  t.equal(issuer.requests(), 1)

  mock.timers.tick(31_000)
  t.match(await verifier.verify(await tokenBy(next)), { user: 'alice' })
  t.equal(issuer.requests(), 2)
  for (let n = 0; n < 50; n += 1) await t.rejects(verifier.verify(await tokenBy(ec(`forged ${n}`))), refusal)
  t.equal(issuer.requests(), 2)
})

t.test('tokens of a key that was withdrawn end with it, also those that are remembered', async t => {
  stopTheClock(t)
  const [old, next] = [ec('old'), ec('new')]
  const issuer = await startIssuer(t, [old, next])
  const verifier = issuer.verifierWith()
  const [byOld, byNext] = [await tokenBy(old), await tokenBy(next)]
  for (const token of [byOld, byNext, byOld]) await verifier.verify(token)
  t.ok(verifier.remembered(byOld))
  issuer.publish([next])

  mock.timers.tick(11 * MINUTE)
  t.ok(verifier.remembered(byOld), 'the old keys hold while the new ones are read')
  await until(() => verifier.remembered(byOld) === undefined, { what: 'the new keys' })

  await t.rejects(verifier.verify(byOld), refusal)
  t.match(await verifier.verify(byNext), { user: 'alice' })
  t.match(verifier.remembered(byNext), { user: 'alice' })
})

t.test('an outage of the url is none of ours for six hours, and is told once', async t => {
  stopTheClock(t)
  const pair = ec('1')
  const issuer = await startIssuer(t, [pair])
  const verifier = issuer.verifierWith()
  const hours = async (exp: number) => tokenBy(pair, { exp: Math.floor(Date.now() / 1000) + exp * 3600 })
  const long = await hours(24)
  await verifier.verify(long)
  issuer.answer('gone', 500)

  for (let minutes = 0; minutes < 5.5 * 60; minutes += 30) {
    mock.timers.tick(30 * MINUTE)
    const before = issuer.requests()
    const token = await hours(1)
    // The failure of the last try may not have been read yet: then this one begins none.
    await until(
      async () => {
        t.match(await verifier.verify(token), { user: 'alice' })
        return issuer.requests() > before
      },
      { what: 'another try' }
    )
  }
  await until(() => issuer.lines.length > 0, { what: 'the warning' })
  t.match(issuer.lines, [/"level":"warn".*cannot be read/])

  mock.timers.tick(HOUR)
  t.equal(verifier.remembered(long), undefined)
  await t.rejects(verifier.verify(long), { code: 'not_ready' })
  issuer.publish([pair])
  mock.timers.tick(31_000)
  t.match(await verifier.verify(long), { user: 'alice' })
  t.match(issuer.lines[1], /can be read again/)
})

t.test('what is no set of keys leaves nobody in, and is asked for again soon', async t => {
  stopTheClock(t)
  const pair = ec('1')
  const issuer = await startIssuer(t, [pair])
  const verifier = issuer.verifierWith()
  const token = await tokenBy(pair)
  const answers: readonly (readonly [string, number])[] = [
    ['not json', 200],
    ['{"keys":[]}', 200],
    ['{"keys":"all"}', 200],
    ['{"keys":[null,1,{"kid":"1"}]}', 200],
    [`{"keys":[],"pad":"${'x'.repeat(5 * 1024 * 1024)}"}`, 200],
    ['{}', 302],
    ['', 404]
  ]
  for (const [body, status] of answers) {
    issuer.answer(body, status)
    await t.rejects(verifier.verify(token), { code: 'not_ready' }, body.slice(0, 30))
    mock.timers.tick(1_000)
  }

  issuer.publish([pair])
  t.match(await verifier.verify(token), { user: 'alice' })
})

t.test('a key that cannot be used refuses its own tokens alone', async t => {
  const [good, small] = [ec('good'), { ...rsa('small'), ...generateKeyPairSync('rsa', { modulusLength: 1024 }) }]
  const issuer = await startIssuer(t, [])
  const secret = { kid: 'secret', kty: 'oct', k: Buffer.from('x'.repeat(32)).toString('base64url') }
  const broken = { kid: 'broken', kty: 'RSA', n: 'AAAA', e: '!' }
  issuer.answer(JSON.stringify({ keys: [jwkOf(good), jwkOf(small), secret, broken] }))
  const verifier = issuer.verifierWith()
  const hs256 = new SignJWT({ ...claims, exp: Math.floor(Date.now() / 1000) + 60 }).setProtectedHeader({
    alg: 'HS256',
    kid: 'secret'
  })

  t.match(await verifier.verify(await tokenBy(good)), { user: 'alice' })
  await t.rejects(verifier.verify(await hs256.sign(Buffer.from('x'.repeat(32)))), refusal)
  await t.rejects(verifier.verify(await tokenBy(rsa('broken'))), refusal)
  await t.rejects(verifier.verify(await tokenBy(rsa('small'))), refusal)
})

t.test('the only key need not be named', async t => {
  const pair = ed('only')
  const issuer = await startIssuer(t, [pair])

  t.match(await issuer.verifierWith().verify(await tokenBy(pair, {}, { kid: undefined })), { user: 'alice' })
})

t.test('clocks may differ by what is configured', async t => {
  const pair = ed('1')
  const issuer = await startIssuer(t, [pair])
  const over = await tokenBy(pair, { exp: Math.floor(Date.now() / 1000) - 60 })

  t.match(await issuer.verifierWith({ AUTH_CLOCK_SKEW_S: 120 }).verify(over), { user: 'alice' })
  await t.rejects(issuer.verifierWith({ AUTH_CLOCK_SKEW_S: 30 }).verify(over), { message: /expired/ })
})
