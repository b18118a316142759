import { PassThrough } from 'node:stream'
import { WriteStream } from 'node:tty'
import { stripVTControlCharacters } from 'node:util'
import type { Pattern } from '@tickstock/contracts'
import t from 'tap'
import { Screen } from '../../src/watch/screen.ts'
import { header, kindOf, type Paint, rowLine } from '../../src/watch/table.ts'
import { detected } from '../session/model-log.ts'

const plain: Paint = (_, text) => text
const place = { channel: 'daily', position: { epoch: 'e', offset: 12_345 } } as const
const pattern: Pattern = {
  id: 'p',
  symbol: 'AAPL',
  pattern: 'Three_White_Soldiers_And_More',
  channel: 'intraday',
  timeframe: '5min',
  detected_at: 0,
  confidence: 0.61,
  price: 150.255,
  change: -2.34,
  indicators: { relative_strength: 1.4, relative_volume: 2.1, rsi: 65.4 },
  expires_at: 1,
  updated_at: 0,
  synthetic: true
}

const identity = {
  id: 'q',
  symbol: 'MSFT',
  pattern: 'Doji',
  channel: 'daily',
  timeframe: 'daily',
  detected_at: 1
} as const

t.test('a row says all there is, and columns stay in line with the header', async t => {
  const row = rowLine({ kind: 'pattern_detected', at: 0, pattern, place }, plain)
  const expired = rowLine({ kind: 'pattern_expired', at: 0, pattern: identity, place }, plain)
  const scanned = rowLine({ kind: 'live', at: 0, pattern: { ...pattern, change: 0, price: null } }, plain)

  for (const part of [
    '00:00:00.000',
    'AAPL',
    'Three_White_Soldiers_…',
    'intraday/5min',
    '███░░   61%',
    '-2.3%',
    '1.4x',
    '2.1x',
    '65',
    'new',
    'synthetic',
    '12345'
  ]) {
    t.ok(row.includes(part), part)
  }
  t.match(scanned, /\+0\.0%.* live .*synthetic.*–$/)
  t.equal(expired.length, row.length)
  t.equal(scanned.length, row.length)
  t.equal(header(plain).indexOf('offset') + 'offset'.length, row.length)
})

t.test('an update that enters or leaves the filter is shown as that, and what is late as late', async t => {
  const updated = { id: 'u', published_at: 0, kind: 'pattern_updated', pattern } as const
  const shown = (['entered', 'left', 'late', undefined] as const).map(change =>
    rowLine({ kind: kindOf(updated, change), at: 0, pattern, place }, plain)
  )

  for (const [index, word] of ['entered', 'left', 'late', 'updated'].entries()) t.match(shown[index], ` ${word} `)
  t.equal(kindOf(detected('A', 1), 'entered'), 'pattern_detected')
  t.equal(kindOf({ ...updated, kind: 'pattern_expired', pattern: identity }, 'left'), 'pattern_expired')
})

t.test('in a terminal the bottom line stays below what scrolls by, cut to the width', async t => {
  const written: string[] = []
  const out = Object.assign(Object.create(WriteStream.prototype), new PassThrough(), {
    isTTY: true,
    columns: 10,
    write: (text: string) => written.push(text)
  })
  const screen = new Screen(out)

  screen.bottom('live · daily e:1')
  screen.bottom('live · daily e:1')
  screen.line('a row')
  screen.bottom('')

  t.same(
    written.map(stripVTControlCharacters).filter(text => text !== ''),
    ['live · da', 'a row\n', 'live · da']
  )
})

t.test('elsewhere there is no bottom line', async t => {
  const written: string[] = []
  const out = Object.assign(Object.create(WriteStream.prototype), {
    isTTY: false,
    write: (text: string) => written.push(text)
  })
  const screen = new Screen(out)

  screen.bottom('live')
  screen.line('a row')

  t.same(written, ['a row\n'])
})
