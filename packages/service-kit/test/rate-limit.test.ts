import {
  createServer,
  type IdentityConfig,
  identity,
  rateLimit,
  serviceCredentials,
  userOf
} from '@tickstock/service-kit'
import { type Teardown, tokenFor } from '@tickstock/test-kit'
import t from 'tap'
import { readableLogger } from './fixtures/log-lines.ts'

const AUTH_SECRET = 'a secret of at least 32 characters!'
const SERVICE_SECRET = 'another one, which services share among them'
const config: IdentityConfig = {
  AUTH_MODE: 'token',
  AUTH_SECRET,
  SERVICE_SECRET,
  RATE_LIMIT: 'on',
  RATE_LIMIT_USER: 4,
  RATE_LIMIT_WRITES: 1,
  RATE_LIMIT_ADDRESS: 2
}

/** Its clock stands unless it is told to go on. */
function startApp(t: Teardown, more: Partial<IdentityConfig> = {}) {
  let time = 0
  const app = createServer({ logger: readableLogger().logger, config })
  t.teardown(() => app.close())
  app.register(identity, { config: { ...config, ...more } })
  app.register(rateLimit, { config: { ...config, ...more }, now: () => time })
  app.get('/scan', request => ({ user: userOf(request) }))
  app.post('/change', request => ({ user: userOf(request) }))
  app.get('/health/live', () => ({ status: 'live' }))
  const ask = (url: string, headers: Record<string, string>, method: 'GET' | 'HEAD' | 'POST' = 'GET') =>
    app.inject({ url, method, headers })
  const statuses = async (
    count: number,
    url: string,
    headers: Record<string, string>,
    method: 'GET' | 'HEAD' | 'POST' = 'GET'
  ) => {
    const found: number[] = []
    for (let n = 0; n < count; n += 1) found.push((await ask(url, headers, method)).statusCode)
    return found
  }
  const pass = (ms: number) => {
    time += ms
  }
  return { ask, statuses, pass }
}

const bearer = async (user: string) => ({ authorization: `Bearer ${await tokenFor(user, AUTH_SECRET)}` })
const tooMany = (statuses: readonly number[]) => statuses.filter(status => status === 429).length

t.test('a user is held to his own limit, whatever others do', async t => {
  const { ask, statuses, pass } = startApp(t)
  const [alice, bob] = [await bearer('alice'), await bearer('bob')]

  const found = await statuses(12, '/scan', alice)

  t.same(found, [...Array(8).fill(200), ...Array(4).fill(429)])
  const refused = await ask('/scan', alice)
  t.match(refused.json(), { code: 'too_many_requests', temporary: true })
  t.match(refused.headers, {
    'retry-after': '1',
    'ratelimit-policy': '"user";q=8;w=2',
    ratelimit: '"user";r=0;t=2'
  })
  t.same(await statuses(3, '/scan', bob), [200, 200, 200])
  pass(500)
  t.same(await statuses(3, '/scan', alice), [200, 200, 429])
})

t.test('to ask for the head alone changes nothing, so it counts as reading', async t => {
  const { statuses } = startApp(t)
  t.same(tooMany(await statuses(9, '/scan', await bearer('alice'), 'HEAD')), 1)
})

t.test('who comes near his limit is told, who is far from it is not', async t => {
  const { ask } = startApp(t)
  const alice = await bearer('alice')

  t.notOk('ratelimit' in (await ask('/scan', alice)).headers)
  for (let n = 0; n < 4; n += 1) await ask('/scan', alice)
  t.match((await ask('/scan', alice)).headers, { ratelimit: /^"user";r=2;t=2$/, 'ratelimit-policy': /"user"/ })
})

t.test('changes have a limit of their own', async t => {
  const { statuses } = startApp(t)
  const alice = await bearer('alice')

  t.same(await statuses(4, '/change', alice, 'POST'), [200, 200, 429, 429])
  t.same(await statuses(1, '/scan', alice), [200])
})

t.test('who names nobody is held by his address, as our proxy says it', async t => {
  const { statuses } = startApp(t)

  t.same(await statuses(5, '/scan', { 'x-forwarded-for': '192.0.2.1' }), [401, 401, 401, 401, 429])
  t.same(await statuses(1, '/scan', { 'x-forwarded-for': '192.0.2.2' }), [401])
  t.same(await statuses(4, '/scan', { 'x-forwarded-for': '2001:db8::1' }), [401, 401, 401, 401])
  t.same(await statuses(1, '/scan', { 'x-forwarded-for': '2001:db8::2' }), [429])
  t.equal(tooMany(await statuses(20, '/health/live', {})), 0)
})

t.test('services are not counted, nor anybody where limits are off or names prove nothing', async t => {
  const credentials = serviceCredentials(config, 'pattern-query')
  t.equal(tooMany(await startApp(t).statuses(20, '/scan', await credentials.headers())), 0)

  const off = startApp(t, { RATE_LIMIT: 'off' })
  t.equal(tooMany(await off.statuses(20, '/scan', await bearer('alice'))), 0)
  const development = startApp(t, { AUTH_MODE: 'development' })
  t.equal(tooMany(await development.statuses(20, '/scan', { 'x-user-id': 'alice' })), 0)
})

t.test('the limits are generous unless something else is said', async t => {
  const app = createServer({ logger: readableLogger().logger })
  t.teardown(() => app.close())
  const defaults: IdentityConfig = { AUTH_MODE: 'token', AUTH_SECRET }
  app.register(identity, { config: defaults })
  app.register(rateLimit, { config: defaults })
  app.get('/scan', request => ({ user: userOf(request) }))
  const headers = await bearer('alice')

  const found = await Promise.all(Array.from({ length: 1_000 }, () => app.inject({ url: '/scan', headers })))

  t.ok(found.every(({ statusCode }) => statusCode === 200))
})

t.test('a token that has expired is no guess', async t => {
  const { ask } = startApp(t, { RATE_LIMIT_ADDRESS: 1_000 })

  for (let n = 0; n < 80; n += 1) {
    const authorization = `Bearer ${await tokenFor(`user-${n}`, AUTH_SECRET, { expiresIn: '-1m' })}`
    t.equal((await ask('/scan', { authorization })).statusCode, 401)
  }
  t.equal((await ask('/scan', await bearer('bob'))).statusCode, 200)
})

t.test('whoever guesses tokens is not answered any more, while those of his address who have one are', async t => {
  const { ask } = startApp(t, { RATE_LIMIT_ADDRESS: 1_000 })
  const alice = await bearer('alice')
  t.equal((await ask('/scan', alice)).statusCode, 200)

  const [guesses, rightOnes]: [number[], number[]] = [[], []]
  for (let n = 0; n < 150; n += 1) {
    const guess = await tokenFor('alice', `a guess of at least 32 characters ${n}`)
    guesses.push((await ask('/scan', { authorization: `Bearer ${guess}` })).statusCode)
    rightOnes.push((await ask('/scan', await bearer(`user-${n}`))).statusCode)
  }

  t.ok(tooMany(guesses) >= 20, `${tooMany(guesses)} of 150`)
  t.ok(tooMany(rightOnes) >= 20, 'even a right one is not looked at')
  t.same(tooMany(guesses.slice(0, 50)), 0)
  t.equal((await ask('/scan', alice)).statusCode, 200)
  t.equal((await ask('/scan', { ...(await bearer('carol')), 'x-forwarded-for': '192.0.2.9' })).statusCode, 200)
})
