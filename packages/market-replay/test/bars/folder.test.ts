import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { temporaryFolder } from '@tickstock/test-kit'
import t from 'tap'
import { readBarsFolder } from '../../src/bars/folder.ts'

const header = 'time,open,high,low,close\n'

t.test('each CSV file of a folder is a symbol', async t => {
  const folder = await temporaryFolder(t)
  writeFileSync(join(folder, 'brk.b.csv'), `${header}2020-01-02,1,1,1,1\n`)
  writeFileSync(join(folder, 'AAPL.CSV'), `${header}2020-01-02,1,1,1,1\n2020-01-03,1,1,1,1\n`)
  writeFileSync(join(folder, 'notes.txt'), 'not bars')

  t.match(readBarsFolder(folder), [{ symbol: 'AAPL', bars: { length: 2 } }, { symbol: 'BRK.B' }])
})

t.test('an empty folder, a strange name and bars within a day are refused', async t => {
  const empty = await temporaryFolder(t)
  t.throws(() => readBarsFolder(empty), /there is no \.csv file/)

  const strange = await temporaryFolder(t)
  writeFileSync(join(strange, 'my bars.csv'), `${header}2020-01-02,1,1,1,1\n`)
  t.throws(() => readBarsFolder(strange), /my bars\.csv, file name: is not a ticker symbol/)

  const minutes = await temporaryFolder(t)
  writeFileSync(join(minutes, 'A.csv'), `${header}2020-01-02T09:30,1,1,1,1\n2020-01-02T09:31,1,1,1,1\n`)
  t.throws(() => readBarsFolder(minutes), /A\.csv, line 3, time: less than a day/)
})

const realData = process.env['TICKSTOCK_MARKET_DATA']
const absent = realData === undefined && 'TICKSTOCK_MARKET_DATA names no folder of real bars'

t.test('real bars with real splits have no jump where a split was', { skip: absent }, async t => {
  for (const { symbol, bars } of readBarsFolder(join(realData ?? '', 'daily'))) {
    const jumps = bars.filter((bar, at) => Math.abs(Math.log(bar.open / (bars[at - 1]?.close ?? bar.open))) > 0.5)
    t.equal(jumps.length, 0, `${symbol}: ${bars.length} bars`)
  }
})
