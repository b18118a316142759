import { Value } from '@sinclair/typebox/value'
import { getSymbol, listSymbols, Problem } from '@tickstock/contracts'
import { startPostgres } from '@tickstock/test-kit'
import t from 'tap'
import { startApp } from '../fixtures/start-app.ts'
import { listSymbols as list } from '../fixtures/universe-database.ts'

const server = await startPostgres(t)

t.test('a dropdown searches and pages', async t => {
  const { app, urls } = await startApp(t, server)
  await list(urls, [
    { symbol: 'AAPL', name: 'Apple Inc.', sector: 'Technology' },
    { symbol: 'AMZN', name: 'Amazon.com' },
    { symbol: '^GSPC', name: 'S&P 500', market: 'indices', synthetic: true }
  ])

  const first = (await app.inject('/api/symbols?q=a&limit=1')).json()
  const second = (await app.inject(`/api/symbols?q=a&limit=1&after=${first.next}`)).json()
  const all = (await app.inject('/api/symbols')).json()

  t.match(first, { symbols: [{ symbol: 'AAPL' }], next: '0.0.AAPL' })
  t.match(second, { symbols: [{ symbol: 'AMZN' }], next: null })
  t.equal(all.symbols.length, 3)
  t.ok(Value.Check(listSymbols.schema.response[200], all))
  t.match((await app.inject('/api/symbols?market=indices&sector=x')).json(), { symbols: [], next: null })
})

t.test('one symbol is found, whatever has to be escaped in it', async t => {
  const { app, urls } = await startApp(t, server)
  await list(urls, [{ symbol: '^GSPC', name: 'S&P 500', market: 'indices' }])

  const found = await app.inject('/api/symbols/%5EGSPC')
  const missing = await app.inject('/api/symbols/NONE')
  const wrong = await app.inject('/api/symbols/aapl')

  t.ok(Value.Check(getSymbol.schema.response[200], found.json()))
  t.match(missing.json(), { status: 404, code: 'symbol_not_found' })
  t.match(wrong.json(), { status: 400, code: 'invalid_request', errors: [{ field: 'path.symbol' }] })
})

t.test('what no search can be is refused by field', async t => {
  const { app } = await startApp(t, server)
  const refused = async (query: string) => {
    const answer = await app.inject(`/api/symbols?${query}`)
    t.ok(Value.Check(Problem, answer.json()), query)
    t.equal(answer.statusCode, 400, query)
    return answer.json().errors.map(({ field }: { field: string }) => field)
  }

  t.strictSame(await refused('limit=0'), ['query.limit'])
  t.strictSame(await refused('limit=501'), ['query.limit'])
  t.strictSame(await refused('q='), ['query.q'])
  t.strictSame(await refused(`q=${'x'.repeat(65)}`), ['query.q'])
  t.strictSame(await refused('q=%00'), ['query.q'])
  t.strictSame(await refused('sector=a%00b'), ['query.sector'])
  t.strictSame(await refused('market=%0a'), ['query.market'])
  t.strictSame(await refused('type=%7f'), ['query.type'])
  for (const after of ["A'%20OR%201=1", 'AAPL', '3.0.AAPL', '1.x.AAPL', '1.99999.AAPL']) {
    t.strictSame(await refused(`after=${after}`), ['query.after'])
  }
  t.strictSame(await refused('order=name'), ['query.order'])
})

t.test('with tokens, nobody searches without one', async t => {
  const { app } = await startApp(t, server)

  t.equal((await app.inject({ url: '/api/symbols', headers: { authorization: 'Bearer x' } })).statusCode, 401)
})

t.test('it is ready, and counts its requests', async t => {
  const { app } = await startApp(t, server)

  t.strictSame((await app.inject('/health/ready')).json().checks, { reader: { ok: true }, writer: { ok: true } })
  t.match((await app.inject('/metrics')).body, 'route="/health/ready"')
})
