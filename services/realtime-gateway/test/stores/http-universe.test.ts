import { createServer, type IncomingMessage } from 'node:http'
import { PROBLEM_MEDIA_TYPE, type Problem } from '@tickstock/contracts'
import type { Teardown } from '@tickstock/test-kit'
import t from 'tap'
import { HttpUniverse } from '../../src/stores/http-universe.ts'
import { noUniverse } from '../../src/stores/no-universe.ts'

const watchlist = { id: 'w', name: 'Tech', symbols: ['AAPL'], version: 1, created_at: 1, updated_at: 1 }
const filter = { ...watchlist, criteria: { confidence_min: 0.8 }, is_default: false }
const problem = (code: string, status: number, temporary: boolean): Problem => ({
  type: `urn:tickstock:problem:${code}`,
  code,
  status,
  title: 'No',
  detail: 'what it says',
  action: 'none',
  temporary,
  request_id: 'r'
})

/** A server that answers by path, and a universe that asks it at the time that the test says. */
async function setting(t: Teardown, answers: Readonly<Record<string, object>>) {
  const asked: string[] = []
  const failures: unknown[] = []
  const state = { now: 0, answers: { ...answers }, gate: Promise.resolve() }
  const server = createServer(async (request: IncomingMessage, response) => {
    asked.push(`${request.headers['x-user-id']} ${request.url}`)
    await state.gate
    const answer = state.answers[`${request.url}`] ?? problem('watchlist_not_found', 404, false)
    const isProblem = 'status' in answer
    response.writeHead(isProblem ? Number(answer.status) : 200, {
      'content-type': isProblem ? PROBLEM_MEDIA_TYPE : 'application/json'
    })
    response.end(JSON.stringify(answer))
  })
  t.teardown(() => server.close())
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const universe = new HttpUniverse({
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    credentials: {
      headers: async () => ({ 'x-user-id': 'service:realtime-gateway' }),
      headersFor: async user => ({ 'x-user-id': user })
    },
    now: () => state.now,
    failed: error => failures.push(error)
  })
  return { universe, asked, state, failures }
}

t.test('what a user keeps is asked for as that user', async t => {
  const { universe, asked } = await setting(t, {
    '/api/users/universe/watchlists/w': watchlist,
    '/api/users/universe/filters/f': filter
  })
  t.same(await universe.watchlist('alice', 'w'), ['AAPL'])
  t.same(await universe.filter('bob', 'f'), { confidence_min: 0.8 })
  t.same(asked, ['alice /api/users/universe/watchlists/w', 'bob /api/users/universe/filters/f'])
  await t.rejects(universe.watchlist('anonymous', 'w'), { code: 'unauthenticated' })
})

t.test('what is refused for good is refused in the same words, and all else may be tried again', async t => {
  const { universe } = await setting(t, {
    '/api/users/universe/watchlists/away': problem('database_unavailable', 503, true),
    '/api/users/universe/watchlists/strange': problem('from_the_future', 418, false)
  })
  await t.rejects(universe.watchlist('alice', 'gone'), { code: 'watchlist_not_found', message: 'what it says' })
  await t.rejects(universe.watchlist('alice', 'away'), { code: 'universe_unavailable' })
  await t.rejects(universe.watchlist('alice', 'strange'), { code: 'universe_unavailable' })
  await t.rejects(noUniverse.sector('Energy'), { code: 'universe_unavailable', message: /UNIVERSE_URL/ })
})

t.test('an answer that is not understood is a temporary error, and is reported', async t => {
  const { universe, failures, state } = await setting(t, {
    '/api/users/universe/watchlists/w': { ...watchlist, name: 'x'.repeat(101) }
  })

  await t.rejects(universe.watchlist('alice', 'w'), { code: 'internal_error', message: /not understood/ })
  t.match(failures, [{ message: /name/ }])

  state.answers['/api/users/universe/watchlists/w'] = { ...watchlist, name: '\u{1f680}'.repeat(100) }
  t.same(await universe.watchlist('alice', 'w'), ['AAPL'])
})

t.test('sectors are known for a minute, and a failure is not', async t => {
  const { universe, asked, state } = await setting(t, {
    '/api/symbols/sectors': problem('forbidden', 403, false)
  })
  await t.rejects(universe.sector('Energy'), { code: 'forbidden' })
  state.answers['/api/symbols/sectors'] = { sectors: { Energy: ['XOM'] } }
  t.same(await Promise.all([universe.sector('energy'), universe.sector('Magic')]), [['XOM'], undefined])
  t.equal(asked.length, 2)
  state.now = 60_000
  await universe.sector('Energy')
  t.same(asked[2], 'service:realtime-gateway /api/symbols/sectors')
})

t.test('no more wait for a user-universe that is slow than it will ever answer', async t => {
  const { universe, state } = await setting(t, {})
  const gate = Promise.withResolvers<void>()
  state.gate = gate.promise
  const crowd = Array.from({ length: 16 + 512 }, () => universe.watchlist('alice', 'w').catch(() => 'in its turn'))

  await t.rejects(universe.watchlist('alice', 'w'), { code: 'universe_unavailable', message: /too many/ })

  gate.resolve()
  t.same(new Set(await Promise.all(crowd)), new Set(['in its turn']))
  await t.rejects(universe.watchlist('alice', 'w'), { code: 'watchlist_not_found' }, 'there is room again')
})
