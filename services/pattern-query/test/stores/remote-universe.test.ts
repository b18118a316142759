import { createHttpClient } from '@tickstock/client'
import { until } from '@tickstock/test-kit'
import t, { type Test } from 'tap'
import { RemoteUniverse } from '../../src/stores/remote-universe.ts'
import { refuse, StandInUniverse } from '../fixtures/stand-in-universe.ts'

const ann = { user: 'ann', authorization: 'Bearer of-ann' }

async function given(t: Test) {
  const service = await new StandInUniverse().start(t)
  const told: string[] = []
  const failures: unknown[] = []
  const universe = new RemoteUniverse({
    client: createHttpClient({
      url: service.url,
      attempts: 2,
      // Longer than a test may take: only the deadline of the scans ends a question.
      timeoutMs: 3_600_000,
      headers: () => ({ authorization: 'Bearer of-service' })
    }),
    headersFor: async user => ({ authorization: `Bearer of-service-for-${user}` }),
    tell: how => told.push(how),
    attempted: failure => failure !== undefined && failures.push(failure)
  })
  return { service, universe, told, failures }
}

t.test('it asks as the user who asks: by his own token, or for him where he has none', async t => {
  const { service, universe, told } = await given(t)
  service.watchlists.set('a1', ['MSFT', 'AAPL'])
  service.sectors = { Energy: ['XOM'] }

  t.same(await universe.watchlist(ann, 'a1'), ['AAPL', 'MSFT'], 'in their order')
  t.same(await universe.watchlist({ user: 'bob', authorization: undefined }, 'a1'), ['AAPL', 'MSFT'])
  t.same(await universe.filter(ann, 'f1'), { symbols: ['f1'] })
  const sectors = await universe.sectors(AbortSignal.timeout(60_000))
  t.same(sectors, { sectors: { Energy: ['XOM'] } })
  t.equal(await universe.sectors(AbortSignal.timeout(60_000)), sectors, 'the same while nothing changed')

  t.same(
    service.requests.map(({ url, headers }) => `${url} ${headers.authorization}`),
    [
      '/api/users/universe/watchlists/a1 Bearer of-ann',
      '/api/users/universe/watchlists/a1 Bearer of-service-for-bob',
      '/api/users/universe/filters/f1 Bearer of-ann',
      '/api/symbols/sectors Bearer of-service',
      '/api/symbols/sectors Bearer of-service'
    ]
  )
  t.same(told, ['read', 'read', 'read'])
})

t.test('what one user may read is never given to another', async t => {
  const { service, universe } = await given(t)
  service.watchlists.set('a1', ['AAPL'])
  await universe.watchlist(ann, 'a1')
  service.answer = refuse('watchlist_not_found')

  await t.rejects(universe.watchlist({ user: 'bob', authorization: 'Bearer of-bob' }, 'a1'), {
    code: 'watchlist_not_found'
  })
  t.same(await universe.watchlist(ann, 'A1'), ['AAPL'], 'ids compare without regard to case')
})

t.test('an edit of one is read at once, and after a gap everything is', async t => {
  const { service, universe } = await given(t)
  for (const id of ['a1', 'a2']) service.watchlists.set(id, ['AAPL'])
  const read = async () => [...(await universe.watchlist(ann, 'a1')), ...(await universe.watchlist(ann, 'a2'))]
  await read()
  await universe.filter(ann, 'a1')
  for (const id of ['a1', 'a2']) service.watchlists.set(id, ['MSFT'])

  universe.forget('watchlist', 'bob', 'a1')
  universe.forget('filter', 'ann', 'a2')
  t.same(await read(), ['AAPL', 'AAPL'])
  universe.forget('watchlist', 'ann', 'A1')
  t.same(await read(), ['MSFT', 'AAPL'])
  universe.forgetAll()
  t.same(await read(), ['MSFT', 'MSFT'])
})

t.test('refusals are the user’s to hear, outages are one problem and are told', async t => {
  const { service, universe, failures } = await given(t)
  for (const code of ['unauthenticated', 'forbidden', 'filter_not_found'] as const) {
    service.answer = refuse(code)
    await t.rejects(universe.filter(ann, code), { code, message: 'why' })
  }
  t.same(failures, [])

  service.answer = refuse('database_unavailable')
  await t.rejects(universe.filter(ann, 'f1'), { code: 'universe_unavailable' })
  service.answer = (_request, response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  await t.rejects(universe.filter(ann, 'f2'), { code: 'universe_unavailable' })
  await service.stop()
  await t.rejects(universe.filter(ann, 'f3'), { code: 'universe_unavailable' })
  t.match(failures, [{ code: 'database_unavailable' }, { temporary: false }, { temporary: true }])
})

t.test('refuses every question while the service is silent, and sends it no more than it can take', async t => {
  const { service, universe, failures } = await given(t)
  service.answer = () => undefined

  const asked = Array.from({ length: 600 }, (_, n) => universe.watchlist({ ...ann, user: `u${n}` }, 'a1'))
  const outcomes = await Promise.allSettled(asked)

  t.ok(outcomes.every(outcome => outcome.status === 'rejected' && outcome.reason.code === 'universe_unavailable'))
  t.ok(service.requests.length < 100, `${service.requests.length} questions reached it`)
  t.ok(failures.length > 0)

  service.answer = undefined
  service.watchlists.set('a1', ['AAPL'])
  await until(async () => (await universe.watchlist(ann, 'a1')).length === 1, { what: 'it to be asked again' })
})
