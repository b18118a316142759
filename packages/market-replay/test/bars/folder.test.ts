import { readFileSync, writeFileSync } from 'node:fs'
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

t.test('real bars do not jump on the day of a real split', { skip: absent }, async t => {
  const folder = join(realData ?? '', 'daily')
  let splits = 0
  for (const { symbol, bars } of readBarsFolder(folder)) {
    // The last column is the split: 1.0 on all other days.
    const lines = readFileSync(join(folder, `${symbol}.csv`), 'utf8')
      .trim()
      .split(/\r?\n/)
      .slice(1)
    for (const [at, line] of lines.entries()) {
      if (line.endsWith(',1.0')) continue
      splits++
      const jump = Math.abs(Math.log((bars[at]?.open ?? 0) / (bars[at - 1]?.close ?? 0)))
      t.ok(jump < 0.1, `${symbol}: ${line}`)
    }
  }
  t.ok(splits > 0)
})
