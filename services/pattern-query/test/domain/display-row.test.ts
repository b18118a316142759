import { checkOf, DisplayRow, type Pattern } from '@tickstock/contracts'
import fc from 'fast-check'
import t from 'tap'
import { displayRow } from '../../src/domain/display-row.ts'
import { patternOf } from '../events.ts'
import { anyChannel, patternWith } from './arbitraries.ts'

const NOW = 1_700_000_000_000
const SECOND = 1_000
const HOUR = 3_600 * SECOND

t.test('a row is what existing dashboards print', async t => {
  const pattern = patternOf({
    symbol: 'AAPL',
    pattern: 'Weekly_Breakout',
    channel: 'daily',
    confidence: 0.854,
    price: 150.25,
    change: 2.3,
    indicators: { relative_strength: 1.4, relative_volume: 2.1 },
    detected_at: NOW - 15 * 60 * SECOND,
    expires_at: NOW + 4 * HOUR
  })
  t.same(displayRow(pattern, NOW), {
    symbol: 'AAPL',
    pattern: 'WeeklyBO',
    conf: 0.85,
    rs: '1.4x',
    vol: '2.1x',
    price: '$150.25',
    chg: '+2.3%',
    time: '15m',
    exp: '4h',
    source: 'daily'
  })
})

t.test('what is not known is a dash, never zero', async t => {
  const row = displayRow(patternOf({ price: null, change: null, indicators: {} }), NOW)
  t.match(row, { rs: '-', vol: '-', price: '-', chg: '-' })
})

t.test('ages and expiries are told in the largest unit that is full', async t => {
  const ageOf = (ms: number) => displayRow(patternOf({ detected_at: NOW - ms }), NOW).time
  t.same(
    [45, 60, 119, 3_599, 3_600, 86_399, 86_400, 3 * 86_400 + 5].map(seconds => ageOf(seconds * SECOND)),
    ['45s', '1m', '1m', '59m', '1h', '23h', '1d', '3d']
  )
  t.equal(ageOf(-HOUR), '0s', 'a clock that is ahead')

  const expiryIn = (ms: number) => displayRow(patternOf({ expires_at: NOW + ms }), NOW).exp
  t.same([4 * HOUR, 1_500, 999, 0, -HOUR].map(expiryIn), ['4h', '1s', 'now', 'now', 'now'])
})

t.test('signs stand before the number, and nothing is minus zero', async t => {
  const changeOf = (change: number) => displayRow(patternOf({ change }), NOW).chg
  t.same([2.34, -1, -0.05, 0.04, -0.04, 0].map(changeOf), ['+2.3%', '-1.0%', '-0.1%', '0.0%', '0.0%', '0.0%'])
  const priceOf = (price: number) => displayRow(patternOf({ price }), NOW).price
  t.same([0.0123, 1, 1234.5, -3.5, -0.000_01].map(priceOf), ['$0.0123', '$1.00', '$1234.50', '-$3.50', '$0.0000'])
})

t.test('every pattern makes a row of the contract, and none shows what a program calls nothing', async () => {
  const row = checkOf(DisplayRow)
  const number = fc.oneof(fc.constant(null), fc.double({ noNaN: true }), fc.double({ min: -1e6, max: 1e6 }))
  const pattern: fc.Arbitrary<Pattern> = fc
    .tuple(patternWith(anyChannel), number, number, number, fc.integer(), fc.string())
    .map(([base, price, change, ratio, at, name]) => ({
      ...base,
      price,
      change,
      indicators: { relative_strength: ratio ?? 0, relative_volume: -(ratio ?? 0) },
      detected_at: NOW + at,
      pattern: name
    }))
  fc.assert(
    fc.property(pattern, fc.integer({ min: 0, max: 8_640_000_000_000_000 }), (pattern, now) => {
      const made = displayRow(pattern, now)
      const texts = JSON.stringify({ ...made, symbol: '', pattern: '' })
      return row.accepts(made) && !/NaN|Infinity|null|undefined|"-\$?0(\.0*)?[%x"]/.test(texts) && !('extra' in made)
    })
  )
})
