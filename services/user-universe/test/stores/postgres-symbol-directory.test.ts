import { startPostgres, type Teardown } from '@tickstock/test-kit'
import t from 'tap'
import type { SymbolSearch } from '../../src/domain/symbol-directory.ts'
import { PostgresSymbolDirectory } from '../../src/stores/postgres-symbol-directory.ts'
import { openDatabase } from '../fixtures/open-database.ts'
import { asRole, listSymbols, universeDatabase } from '../fixtures/universe-database.ts'

const server = await startPostgres(t)

const LISTED = [
  { symbol: 'A', name: 'Agilent Technologies', sector: 'Health Care' },
  { symbol: 'AAPL', name: 'Apple Inc.', sector: 'Technology', type: 'stock' },
  { symbol: 'AMZN', name: 'Amazon.com', sector: 'Consumer' },
  { symbol: 'BRK.B', name: 'Berkshire Hathaway' },
  { symbol: 'GOOG', name: 'Alphabet Inc.', sector: 'Technology' },
  { symbol: 'META', name: 'Meta 100% _ \\ Platforms', sector: 'Technology' },
  { symbol: 'PIN', name: 'Pineapple Energy', sector: 'Energy' },
  { symbol: 'SPX', name: 'S&P 500', market: 'indices', synthetic: true }
]

async function directoryOf(t: Teardown) {
  const urls = await universeDatabase(t, server)
  await listSymbols(urls, LISTED)
  return { directory: new PostgresSymbolDirectory(openDatabase(t, urls)), urls }
}

const found = async (directory: PostgresSymbolDirectory, search: Partial<SymbolSearch>) =>
  (await directory.search({ limit: 50, ...search })).symbols.map(({ symbol }) => symbol)

t.test('without a search all are listed, in order of symbol', async t => {
  const { directory } = await directoryOf(t)

  t.strictSame(await directory.search({ limit: 1 }), {
    symbols: [
      {
        symbol: 'A',
        name: 'Agilent Technologies',
        market: 'stocks',
        exchange: null,
        sector: 'Health Care',
        industry: null,
        type: null,
        synthetic: false
      }
    ],
    next: '0.0.A'
  })
  t.strictSame(
    await found(directory, {}),
    LISTED.map(({ symbol }) => symbol)
  )
})

t.test(
  'the symbol itself is first, then what begins with it, then names: by beginning, by word, by any part',
  async t => {
    const { directory } = await directoryOf(t)

    t.strictSame(await found(directory, { q: 'a' }), ['A', 'AAPL', 'AMZN', 'GOOG', 'BRK.B', 'META', 'PIN'])
    t.strictSame(await found(directory, { q: ' APPLE ' }), ['AAPL', 'PIN'])
    t.strictSame(await found(directory, { q: 'pi' }), ['PIN'])
    t.strictSame(await found(directory, { q: 'hath' }), ['BRK.B'])
    t.strictSame(await found(directory, { q: 'zzz' }), [])
  }
)

t.test('a typing error is forgiven from three letters on, and what it means comes after what it says', async t => {
  const { directory, urls } = await directoryOf(t)
  await listSymbols(urls, [
    { symbol: 'MSFT', name: 'Microsoft Corporation' },
    { symbol: 'AMAT', name: 'Applied Materials' },
    { symbol: 'APLE', name: 'Hospitality Trust' }
  ])

  t.strictSame(await found(directory, { q: 'microsft' }), ['MSFT'])
  t.strictSame(await found(directory, { q: 'microsft corporaton' }), ['MSFT'])
  t.strictSame(await found(directory, { q: 'amazn' }), ['AMZN'])
  t.strictSame((await found(directory, { q: 'aple' })).slice(0, 2), ['APLE', 'AAPL'])
  t.strictSame(await found(directory, { q: 'microsft', sector: 'Technology' }), [])
})

t.test('pages of any size join to the whole, through both parts', async t => {
  const { directory } = await directoryOf(t)

  for (const q of [undefined, 'a', 'in', 'appl', 'aple']) {
    const search = q === undefined ? {} : { q }
    const whole = await found(directory, search)
    for (const limit of [1, 2, 3, 7, 8, 50]) {
      const joined: string[] = []
      let after: string | null = null
      do {
        const page = await directory.search({ ...search, limit, ...(after !== null && { after }) })
        joined.push(...page.symbols.map(({ symbol }) => symbol))
        after = page.next
      } while (after !== null)
      t.strictSame(joined, whole, `q=${q} limit=${limit}`)
    }
  }
})

t.test('a cursor that was delisted meanwhile still cuts where it stood', async t => {
  const { directory, urls } = await directoryOf(t)
  await asRole(urls.DATABASE_OWNER_URL, client => client.query("DELETE FROM symbols WHERE symbol = 'AAPL'"))

  t.strictSame(await found(directory, { q: 'a', after: '0.0.AAPL' }), ['AMZN', 'GOOG', 'BRK.B', 'META', 'PIN'])
  t.strictSame(await found(directory, { q: 'a', after: '1.2.BRK.B' }), ['META', 'PIN'])
})

t.test('market, sector and type restrict, in any case', async t => {
  const { directory } = await directoryOf(t)

  t.strictSame(await found(directory, { market: 'indices' }), ['SPX'])
  t.strictSame(await found(directory, { sector: 'TECHNOLOGY', q: 'a' }), ['AAPL', 'GOOG', 'META'])
  t.strictSame(await found(directory, { type: 'Stock' }), ['AAPL'])
  t.strictSame(await found(directory, { sector: 'Technology', market: 'indices' }), [])
})

t.test('one is found by its symbol alone', async t => {
  const { directory } = await directoryOf(t)

  t.match(await directory.find('BRK.B'), { name: 'Berkshire Hathaway', sector: null })
  t.equal(await directory.find('brk.b'), undefined)
})

t.test('signs of LIKE and of SQL are taken for themselves', async t => {
  const { directory } = await directoryOf(t)

  for (const q of ['%', '_', '\\']) t.strictSame(await found(directory, { q }), ['META'], q)
  t.strictSame(await found(directory, { q: '100%' }), ['META'])
  for (const attack of ["' OR 1=1 --", "'; DROP TABLE symbols; --", "\\'", '$1']) {
    t.strictSame(await found(directory, { q: attack }), [], attack)
    t.strictSame(await found(directory, { market: attack }), [], attack)
    t.strictSame(await found(directory, { sector: attack }), [], attack)
    t.strictSame(await found(directory, { type: attack }), [], attack)
  }
  t.equal((await found(directory, {})).length, LISTED.length)
})

t.test('twenty thousand symbols are searched by an index', async t => {
  const { urls } = await directoryOf(t)
  const plans = await asRole(urls.superuser, async client => {
    await client.query(
      `INSERT INTO symbols (symbol, name) SELECT 'T' || n, md5(n::text) FROM generate_series(1, 20000) AS n`
    )
    await client.query('VACUUM ANALYZE symbols')
    const explain = async (condition: string) => {
      const { rows } = await client.query(
        `EXPLAIN SELECT symbol FROM symbols WHERE ${condition} ORDER BY symbol LIMIT 51`
      )
      return rows.map(row => row['QUERY PLAN']).join('\n')
    }
    return [
      await explain("symbol LIKE 'AAP%'"),
      await explain("name_folded LIKE lower('%Berkshire%')"),
      await explain("lower('Berkshir') <<% name_folded")
    ]
  })

  t.match(plans[0], /symbols_pkey/)
  t.match(plans[1], /symbols_by_name/)
  t.match(plans[2], /symbols_by_name/)
})
