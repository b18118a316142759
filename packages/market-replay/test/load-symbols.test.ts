import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@tickstock/test-kit'
import t from 'tap'
import { loadSymbols } from '../src/load-symbols.ts'
import { symbolsDatabase } from './fixtures/symbols-database.ts'

t.test('the symbols that the project brings are loaded once, and once more without a change', async t => {
  const { url, row, client } = await symbolsDatabase(t)

  const first = await loadSymbols(url)
  t.ok(first.added > 6000)
  t.match(first, { changed: 0, unchanged: 0 })
  t.match(await row('AAPL'), { name: 'Apple Inc.', market: 'stocks', sector: null, synthetic: true })
  t.match(await row('SPX'), { name: 'S&P 500 Index', market: 'indices', type: 'index', synthetic: false })
  t.same(await loadSymbols(url), { added: 0, changed: 0, unchanged: first.added })
  const { rows } = await client.query("SELECT name FROM symbols WHERE name LIKE '%&#%;%'")
  t.strictSame(rows, [], 'names are text, not HTML')

  await client.query("UPDATE symbols SET name = 'Apple', sector = 'Technology', market = 'own' WHERE symbol = 'AAPL'")
  t.match(await loadSymbols(url), { changed: 0 })
  t.match(await row('AAPL'), { name: 'Apple', sector: 'Technology', market: 'own' }, 'what is there knows better')

  const bars = await temporaryFolder(t)
  for (const symbol of ['msft', 'ownone']) writeFileSync(join(bars, `${symbol}.csv`), '')
  t.match(await loadSymbols(url, bars), { added: 1, changed: 1 })
  t.match(await row('MSFT'), { name: 'Microsoft Corporation', synthetic: false }, 'its prices are real now')
  t.match(await row('OWNONE'), { name: 'OWNONE', synthetic: false })

  await client.query('DROP TABLE symbols')
  await t.rejects(loadSymbols(url), /symbols/)
})
