import { type Auth, ProblemError } from '@tickstock/contracts'
import t from 'tap'
import type { Identity } from '../../src/domain/identity.ts'
import { Passport } from '../../src/domain/passport.ts'

const alice: Identity = { user: 'alice', expiresAt: 1000, proven: true }

/** A passport of alice until 1000, and what the next tokens say. */
async function setting(first: Identity = alice) {
  const tokens: Record<string, Identity | ProblemError> = {
    longer: { ...alice, expiresAt: 2000 },
    bobs: { ...alice, user: 'bob', expiresAt: 2000 },
    narrow: { ...alice, expiresAt: 2000, scopes: new Set(['patterns:read']) },
    bad: new ProblemError('unauthenticated', 'no')
  }
  const state = { gate: Promise.resolve() }
  const passport = new Passport(async ({ token = '' }: Auth) => {
    await state.gate
    const said = tokens[token] ?? first
    if (said instanceof ProblemError) throw said
    return said
  })
  passport.accept(await passport.check({ type: 'auth', token: 'first' }), 'phone')
  return { passport, state }
}

t.test('a new token of the same user takes the place of the one before', async t => {
  const { passport } = await setting()
  t.same([passport.hasExpired(999), passport.hasExpired(1000)], [false, true])
  t.same(await passport.renew('longer', () => []), { ...alice, expiresAt: 2000 })
  t.same([passport.hasExpired(1999), passport.hasExpired(2000), passport.device], [false, true, 'phone'])
})

t.test('a new token that is refused leaves the old one as it was', async t => {
  const { passport } = await setting()
  await t.rejects(
    passport.renew('bad', () => []),
    { code: 'unauthenticated' }
  )
  await t.rejects(
    passport.renew('bobs', () => []),
    { code: 'forbidden', message: /another user/ }
  )
  await t.rejects(
    passport.renew('narrow', () => ['universe:read']),
    { code: 'forbidden', message: /universe:read/ }
  )
  t.same(passport.identity, alice)
  await passport.renew('narrow', () => [])
  t.same(passport.identity?.scopes, new Set(['patterns:read']), 'where nothing needs more it is enough')
})

t.test('one is checked at a time, and what came before the end is waited for', async t => {
  const { passport, state } = await setting()
  const gate = Promise.withResolvers<void>()
  state.gate = gate.promise
  const renewed = passport.renew('longer', () => [])
  await t.rejects(
    passport.renew('longer', () => []),
    { code: 'too_many_requests' }
  )
  t.notOk(passport.hasExpired(1500))
  gate.resolve()
  await renewed
  t.notOk(passport.hasExpired(1500))
})

t.test('nobody is renewed before he is somebody, nor proven by what comes later', async t => {
  const nobody = new Passport(async () => alice)
  await t.rejects(
    nobody.renew('longer', () => []),
    { code: 'unauthenticated' }
  )
  t.notOk(nobody.hasExpired(9999))
  const { passport } = await setting({ ...alice, proven: false })
  t.match(await passport.renew('longer', () => []), { proven: false, expiresAt: 2000 })
})
