import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createDatabase, startPostgres, temporaryFolder } from '@tickstock/test-kit'
import pg from 'pg'
import t from 'tap'
import { loadSymbols } from '../src/load-symbols.ts'
import { parseListings } from '../src/universe/parse-listings.ts'

const TABLE = `create table symbols (
  symbol text primary key, name text not null, market text not null default 'stocks', sector text null,
  synthetic boolean not null default false, updated_at timestamptz not null default now())`

t.test('real symbols are loaded once, and once more without a change', async t => {
  const { url } = await createDatabase(t, await startPostgres(t))
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  t.teardown(() => client.end())
  await client.query(TABLE)
  const row = async (symbol: string) =>
    (await client.query('select * from symbols where symbol = $1', [symbol])).rows[0]
  const listings = join(await temporaryFolder(t), 'listings.csv')
  writeFileSync(listings, 'Name,Symbol,Sector\nApple Inc.,AAPL,Technology\nNew One,NEWONE,\nOdd,A^B,Finance\n,EMPTY,\n')

  const first = await loadSymbols(url)
  t.ok(first.symbols > 6000)
  t.equal(first.changed, first.symbols)
  t.match(await row('AAPL'), { name: 'Apple Inc.', market: 'stocks', sector: null, synthetic: true })
  t.match(await row('SPX'), { name: 'S&P 500 Index', market: 'indices', synthetic: false })
  t.same(await loadSymbols(url), { ...first, changed: 0 })

  t.same(await loadSymbols(url, { listings }), { symbols: first.symbols + 1, changed: 2 })
  t.match(await row('AAPL'), { sector: 'Technology' })
  t.match(await row('NEWONE'), { name: 'New One', sector: null })
  t.equal(await row('A^B'), undefined)

  await loadSymbols(url)
  t.match(await row('AAPL'), { sector: 'Technology' }, 'a known sector is kept')

  const bars = await temporaryFolder(t)
  for (const symbol of ['msft', 'ownone']) writeFileSync(join(bars, `${symbol}.csv`), '')
  t.same(await loadSymbols(url, { bars }), { symbols: first.symbols + 1, changed: 2 })
  t.match(await row('MSFT'), { name: 'Microsoft Corporation', synthetic: false }, 'its prices are real now')
  t.match(await row('OWNONE'), { name: 'OWNONE', synthetic: false })

  await client.query('drop table symbols')
  await t.rejects(loadSymbols(url), /symbols/)
})

t.test('listings need their columns', async t => {
  t.throws(() => parseListings('symbol,sector\n', '/somewhere/x.csv'), /x\.csv, line 1, name: no such column/)
  t.match(parseListings('symbol,name\nabc,An Example\n', 'x.csv'), [
    { symbol: 'ABC', name: 'An Example', sector: undefined }
  ])
})
