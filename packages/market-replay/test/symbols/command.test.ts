import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@tickstock/test-kit'
import t from 'tap'
import { runLoadSymbols } from '../../src/symbols/command.ts'
import { symbolsDatabase } from '../fixtures/symbols-database.ts'

const { url, row, client } = await symbolsDatabase(t)
const folder = await temporaryFolder(t)
const file = join(folder, 'own.csv')

async function run(options: { readonly file?: string; readonly dryRun?: boolean } = {}) {
  const said = { out: '', err: '' }
  const to = (where: 'out' | 'err') => ({
    write: (text: string) => {
      said[where] += text
      return true
    }
  })
  const command = { database: url, file, bars: undefined, dryRun: false, ...options }
  await runLoadSymbols(command, { out: to('out'), err: to('err') })
  return said
}

t.test('a listing is loaded, its bad lines are told, and loading it again changes nothing', async t => {
  writeFileSync(file, 'symbol,name,sector,country\nAAPL,Apple,Technology,US\nX^^^@,Bad,,\nMSFT,Microsoft,,\n')

  const first = await run()
  const again = await run()

  t.match(first.err, 'own.csv, line 3: "X^^^@" is no symbol')
  t.match(first.err, '2 of 2\n')
  t.equal(
    first.out,
    'own.csv: columns that are not needed: country\n2 symbols: 2 added, 0 changed, 0 unchanged; 1 bad line left out\n'
  )
  t.match(again.out, '2 symbols: 0 added, 0 changed, 2 unchanged')
  t.match(await row('AAPL'), { name: 'Apple', market: 'stocks', sector: 'Technology', synthetic: false })
})

t.test('what changed is changed, and what the file does not know stays', async t => {
  await client.query("UPDATE symbols SET synthetic = true, exchange = 'NASDAQ' WHERE symbol = 'AAPL'")
  writeFileSync(file, 'symbol,name,sector,type\nAAPL,Apple Inc.,,stock\nNEW,New One,Energy,etf\n')

  const planned = await run({ dryRun: true })
  t.match(planned.out, 'Nothing was written. It would be: 2 symbols: 1 added, 1 changed, 0 unchanged\n')
  t.match(await row('AAPL'), { name: 'Apple' })

  const done = await run()
  t.match(done.out, '2 symbols: 1 added, 1 changed, 0 unchanged\n')
  t.match(await row('AAPL'), {
    name: 'Apple Inc.',
    exchange: 'NASDAQ',
    sector: 'Technology',
    type: 'stock',
    synthetic: true
  })
})

t.test('thousands are loaded with progress', async t => {
  const lines = Array.from({ length: 2_500 }, (_, n) => `T${n},Ticker ${n}`)
  writeFileSync(file, ['symbol,name', ...lines].join('\n'))

  const { out, err } = await run()

  t.equal(err, '1000 of 2500\n2000 of 2500\n2500 of 2500\n')
  t.match(out, '2500 symbols: 2500 added')
})

t.test('a file that is no listing is refused by name, and one that is not there', async t => {
  writeFileSync(file, 'a,b\n')

  await t.rejects(run(), { name: 'ListingError', message: /^own\.csv: the first line has no column for the symbol/ })
  await t.rejects(run({ file: join(folder, 'none.csv') }), { name: 'ListingError', message: /ENOENT/ })
})

t.test('a load that fails leaves nothing of itself', async t => {
  await client.query("ALTER TABLE symbols ADD CONSTRAINT no_zzz CHECK (symbol <> 'ZZZ')")
  writeFileSync(file, ['symbol,name', ...Array.from({ length: 1_500 }, (_, n) => `Q${n},q`), 'ZZZ,z'].join('\n'))

  await t.rejects(run(), { code: '23514' })
  t.equal(await row('Q1'), undefined)
})
