import type { PatternEvent } from '@tickstock/contracts'
import fc from 'fast-check'
import t from 'tap'
import { canonical, matcherOf } from '../../src/domain/matcher.ts'
import { eventOf } from './fixtures.ts'

const passes = (filter: Parameters<typeof canonical>[0], event: PatternEvent) =>
  matcherOf(canonical(filter)).effectOf({ event }) !== undefined

t.test('equal filters have one form, whatever the order, the case and the repetitions', async t => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.stringMatching(/^[A-Z]{1,4}$/), { minLength: 1 }), fc.nat(), (names, seed) => {
      const shuffled = [...names, names[seed % names.length] ?? ''].toSorted((a, b) => (a + seed < b + seed ? 1 : -1))
      const one = canonical({ pattern_types: names, timeframes: names, rs_min: 1 })
      const other = canonical({
        rs_min: 1,
        timeframes: shuffled,
        pattern_types: shuffled.map(name => name.toLowerCase())
      })
      return JSON.stringify(one) === JSON.stringify(other)
    })
  )
  t.same(canonical({}), { ranges: {} })
})

t.test('an event passes all that is given', async t => {
  const event = eventOf(1, { symbol: 'AAPL', confidence: 0.8 })
  t.ok(passes({}, event))
  t.ok(passes({ symbols: ['AAPL'], pattern_types: ['doji'], timeframes: ['Daily'], confidence_min: 0.8 }, event))
  t.notOk(passes({ symbols: ['MSFT'] }, event))
  t.notOk(passes({ pattern_types: ['Hammer'] }, event))
  t.notOk(passes({ timeframes: ['5min'] }, event))
  t.notOk(passes({ timeframes: ['Combo'] }, event), 'another channel')
  t.ok(passes({ timeframes: ['Combo', 'all'] }, event))
  t.notOk(passes({ confidence_min: 0.81 }, event))
})

t.test('an event without a number does not pass a threshold on it, an expiry passes all', async t => {
  const event = eventOf(1)
  const strong: PatternEvent =
    event.kind === 'pattern_expired'
      ? event
      : { ...event, pattern: { ...event.pattern, indicators: { relative_strength: 1.5, relative_volume: 2 } } }
  for (const filter of [{ rs_min: 1.5 }, { vol_min: 2 }]) {
    t.notOk(passes(filter, event))
    t.ok(passes(filter, strong))
    t.ok(passes(filter, eventOf(2, { expired: true })))
  }
  t.ok(passes({ rs_min: 0, vol_min: 0, rsi_range: '0,100' }, event), 'nothing is constrained')
  t.notOk(passes({ rs_min: 1.6 }, strong))
})

t.test('a range of the RSI has two ends, both in it; what has no RSI is not in it, an expiry passes', async t => {
  const event = eventOf(1)
  const withRsi = (rsi: number): PatternEvent =>
    event.kind === 'pattern_expired' ? event : { ...event, pattern: { ...event.pattern, indicators: { rsi } } }
  const filter = { rsi_range: '30,70' }
  for (const rsi of [30, 50, 70]) t.ok(passes(filter, withRsi(rsi)), `${rsi}`)
  for (const rsi of [0, 29.9, 70.1, 100]) t.notOk(passes(filter, withRsi(rsi)), `${rsi}`)
  t.notOk(passes(filter, event))
  t.ok(passes({ rsi_range: '0,0' }, withRsi(0)))
  t.ok(passes(filter, eventOf(2, { expired: true })))
})

t.test('the effect of an event compares the pattern before and after', async t => {
  const { effectOf } = matcherOf(canonical({ symbols: ['AAPL'], confidence_min: 0.8 }))
  const [strong, weak] = [{ confidence: 0.9 }, { confidence: 0.7 }]
  const [strongEvent, weakEvent, end] = [eventOf(1, strong), eventOf(1, weak), eventOf(1, { expired: true })]
  t.equal(effectOf({ event: strongEvent }), 'entered')
  t.equal(effectOf({ event: strongEvent, before: weak }), 'entered')
  t.equal(effectOf({ event: strongEvent, before: strong }), 'updated')
  t.equal(effectOf({ event: weakEvent, before: strong }), 'left')
  t.equal(effectOf({ event: weakEvent, before: weak }), undefined)
  t.equal(effectOf({ event: weakEvent }), undefined)
  t.equal(effectOf({ event: end, before: strong }), 'left')
  t.equal(effectOf({ event: end, before: weak }), undefined, 'it was not in the filter')
  t.equal(effectOf({ event: end }), 'left', 'what was before is not known')
  for (const event of [strongEvent, end]) t.equal(effectOf({ event, late: true }), 'late')
  t.equal(effectOf({ event: weakEvent, late: true }), undefined)
  t.equal(effectOf({ event: eventOf(1, { symbol: 'MSFT' }), before: strong }), undefined)
})
