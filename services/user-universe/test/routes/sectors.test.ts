import { Value } from '@sinclair/typebox/value'
import { listSectors, Sectors } from '@tickstock/contracts'
import { startPostgres } from '@tickstock/test-kit'
import t from 'tap'
import { startApp } from '../fixtures/start-app.ts'
import { listSymbols } from '../fixtures/universe-database.ts'

const server = await startPostgres(t)

t.test('all sectors with their symbols, and nothing for whoever has them already', async t => {
  const { app, urls } = await startApp(t, server)
  await listSymbols(urls, [
    { symbol: 'MSFT', name: 'Microsoft', sector: 'Technology' },
    { symbol: 'AAPL', name: 'Apple Inc.', sector: 'Technology' },
    { symbol: 'XOM', name: 'Exxon', sector: '__proto__' },
    { symbol: 'SPX', name: 'S&P 500', sector: null }
  ])

  const answer = await app.inject(listSectors.url)

  t.equal(answer.statusCode, 200)
  t.equal(answer.headers['content-type'], 'application/json; charset=utf-8')
  t.equal(answer.headers['cache-control'], 'no-cache')
  t.ok(Value.Check(Sectors, answer.json()))
  t.equal(answer.body, '{"sectors":{"Technology":["AAPL","MSFT"],"__proto__":["XOM"]}}')

  const etag = `${answer.headers['etag']}`
  for (const known of [etag, `W/${etag}`, `"other", ${etag}`]) {
    const again = await app.inject({ url: listSectors.url, headers: { 'if-none-match': known } })
    t.equal(again.statusCode, 304, known)
    t.equal(again.body, '')
    t.equal(again.headers['etag'], etag)
  }
  const other = await app.inject({ url: listSectors.url, headers: { 'if-none-match': '"other"' } })
  t.equal(other.statusCode, 200)
})

t.test('an empty table is no sectors, and an identity that is none is refused', async t => {
  const { app } = await startApp(t, server)

  t.equal((await app.inject(listSectors.url)).body, '{"sectors":{}}')
  t.equal((await app.inject({ url: listSectors.url, headers: { authorization: 'nobody' } })).statusCode, 401)
})
