import { jwtVerify } from 'jose'
import t from 'tap'
import { tokenFor } from '../src/index.ts'

const key = (secret: string) => new TextEncoder().encode(secret)

t.test('a token says whose it is, and only its own secret verifies it', async t => {
  const token = await tokenFor('alice', 'a secret of the test')

  const { payload } = await jwtVerify(token, key('a secret of the test'))
  t.equal(payload.sub, 'alice')
  t.ok((payload.exp ?? 0) > Date.now() / 1_000)
  await t.rejects(jwtVerify(token, key('another secret')), { code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED' })
})

t.test('a token can be over already', async t => {
  const token = await tokenFor('alice', 'secret', { expiresIn: '-1s' })

  await t.rejects(jwtVerify(token, key('secret')), { code: 'ERR_JWT_EXPIRED' })
})
