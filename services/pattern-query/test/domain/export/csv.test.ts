import fc from 'fast-check'
import t from 'tap'
import { csvHeader, csvLine } from '../../../src/domain/export/csv.ts'
import { patternOf } from '../../events.ts'
import { anyChannel, patternWith } from '../arbitraries.ts'

t.test('columns are fixed and said in the first line', async t => {
  t.equal(
    csvHeader(),
    'id,symbol,pattern,channel,timeframe,detected_at,confidence,price,change,relative_strength,relative_volume,rsi,expires_at,updated_at,synthetic,replayed_from\r\n'
  )
})

t.test('a line is plain values, times as ISO text, nothing for what is not known', async t => {
  const pattern = patternOf({
    confidence: 0.85,
    price: 150.25,
    change: -2.3,
    indicators: { relative_strength: 1.4, rsi: 61 },
    detected_at: 0,
    expires_at: 3_600_000,
    updated_at: 5,
    synthetic: true,
    extra: { note: 'not here' }
  })
  t.equal(
    csvLine(pattern),
    'AAPL:Doji:daily:0,AAPL,Doji,daily,daily,1970-01-01T00:00:00.000Z,0.85,150.25,-2.3,1.4,,61,1970-01-01T01:00:00.000Z,1970-01-01T00:00:00.005Z,true,\r\n'
  )
})

t.test('a text that a spreadsheet would run is made a text: an apostrophe stands before it', async t => {
  for (const timeframe of ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1']) {
    const line = csvLine(patternOf({ timeframe }))
    t.match(line, `'${timeframe}`)
    t.notMatch(line, `,${timeframe}`)
  }
  t.match(csvLine(patternOf({ change: -1 })), ',-1,', 'a number is no formula')
})

/** A reader of RFC 4180. */
function cells(line: string): string[] {
  const read: string[] = []
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y
  for (let match = cell.exec(line); match; match = cell.exec(line)) {
    read.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '')
  }
  return read
}

t.test('whatever a text has in it, a reader of CSV reads it back', async () => {
  const nasty = fc.string({ unit: fc.constantFrom(',', '"', '\r', '\n', 'a', '=', ' ', 'é') })
  fc.assert(
    fc.property(patternWith(anyChannel), nasty, (pattern, timeframe) => {
      const [id, symbol, , , read] = cells(csvLine({ ...pattern, timeframe }))
      const expected = /^[=\r]/.test(timeframe) ? `'${timeframe}` : timeframe
      return id === pattern.id && symbol === pattern.symbol && read === expected
    })
  )
})
