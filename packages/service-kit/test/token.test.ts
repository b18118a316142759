import { createHmac, generateKeyPairSync } from 'node:crypto'
import { TokenVerifier } from '@tickstock/service-kit'
import { tokenFor } from '@tickstock/test-kit'
import { SignJWT } from 'jose'
import t from 'tap'

const secret = 'a secret of at least 32 characters!'
const key = new TextEncoder().encode(secret)
const soon = Math.floor(Date.now() / 1000) + 60
const refusal = { name: 'ProblemError', code: 'unauthenticated' }

const verifierBy = (AUTH_SECRET: string) => new TokenVerifier({ AUTH_MODE: 'token', AUTH_SECRET })
const verifyToken = (token: string, by: string) => verifierBy(by).verify(token)

const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
const signed = (header: object, payload: object, by = secret) => {
  const text = `${encode(header)}.${encode(payload)}`
  return `${text}.${createHmac('sha256', by).update(text).digest('base64url')}`
}
const HS256 = { alg: 'HS256' }

t.test('a token of ours says who and until when', async t => {
  t.strictSame(await verifyToken(signed(HS256, { sub: 'alice@example.com', exp: soon }), secret), {
    user: 'alice@example.com',
    expiresAt: soon * 1000
  })
})

t.test('no way in by another algorithm', async t => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const claims = { sub: 'alice', exp: soon }
  const rs256 = await new SignJWT(claims).setProtectedHeader({ alg: 'RS256' }).sign(privateKey)
  const tokens = {
    none: `${encode({ alg: 'none' })}.${encode(claims)}.`,
    'none, signed': signed({ alg: 'none' }, claims),
    HS512: await new SignJWT(claims).setProtectedHeader({ alg: 'HS512' }).sign(key),
    RS256: rs256,
    'HS256 by the public key': signed(HS256, claims, pem),
    'unknown critical header': signed({ ...HS256, crit: ['x'], x: 1 }, claims)
  }

  for (const [name, token] of Object.entries(tokens)) await t.rejects(verifyToken(token, secret), refusal, name)
})

t.test('no way in by another secret, a changed payload, or what is no token', async t => {
  const [header, , signature] = signed(HS256, { sub: 'alice', exp: soon }).split('.')
  const tokens = {
    'other secret': await tokenFor('alice', 'another secret of 32 characters!!!'),
    'changed payload': `${header}.${encode({ sub: 'bob', exp: soon })}.${signature}`,
    empty: '',
    words: 'not a token',
    'two parts': 'a.b',
    'no JSON': `${header}.bm90IGpzb24.${signature}`,
    'too long': signed(HS256, { sub: 'alice', exp: soon, pad: 'x'.repeat(5000) })
  }

  for (const [name, token] of Object.entries(tokens)) await t.rejects(verifyToken(token, secret), refusal, name)
})

t.test('a token needs a user that is one, and an end', async t => {
  const payloads = [
    { exp: soon },
    { sub: '', exp: soon },
    { sub: 'a b', exp: soon },
    { sub: "a' OR 1=1", exp: soon },
    { sub: 'x'.repeat(129), exp: soon },
    { sub: 'alice\n', exp: soon },
    { sub: 7, exp: soon },
    { sub: 'alice' },
    { sub: 'alice', exp: 'tomorrow' },
    { sub: 'alice', exp: soon, nbf: soon }
  ]

  for (const payload of payloads)
    await t.rejects(verifyToken(signed(HS256, payload), secret), refusal, JSON.stringify(payload))
})

t.test('clocks may differ by five seconds, no more', async t => {
  const now = Math.floor(Date.now() / 1000)

  await t.resolves(verifyToken(signed(HS256, { sub: 'alice', exp: now - 2 }), secret))
  await t.rejects(verifyToken(signed(HS256, { sub: 'alice', exp: now - 7 }), secret), { message: /expired/ })
})

t.test('a verified token is remembered until it expires, and only so many are', async t => {
  const verifier = verifierBy(secret)
  const now = Math.floor(Date.now() / 1000)
  const [good, dying] = [signed(HS256, { sub: 'alice', exp: soon }), signed(HS256, { sub: 'alice', exp: now - 3 })]
  t.equal(verifier.remembered(good), undefined)

  await Promise.all([verifier.verify(good), verifier.verify(dying)])
  t.match(verifier.remembered(good), { user: 'alice' })
  t.match(verifier.remembered(dying), { user: 'alice' }, 'within tolerance')
  t.equal(verifier.remembered(`${good}x`), undefined)

  for (let n = 0; n < 5_000; n += 1) await verifier.verify(signed(HS256, { sub: `user-${n}`, exp: soon }))
  t.equal(verifier.remembered(good), undefined, 'the oldest goes')
})
