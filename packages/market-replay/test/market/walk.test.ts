import t from 'tap'
import type { Bar } from '../../src/bars/bar.ts'
import type { Hit } from '../../src/detectors/detector.ts'
import { Book, judged } from '../../src/market/book.ts'
import { comboOf } from '../../src/market/combo.ts'
import type { FoundPattern } from '../../src/market/found-pattern.ts'
import { walk } from '../../src/market/walk.ts'
import { derivedUniverse } from '../../src/universe/universe.ts'

const found = (change: Partial<FoundPattern> = {}, hit: Partial<Hit> = {}): FoundPattern => ({
  symbol: 'AAPL',
  synthetic: false,
  pattern: 'Hammer',
  channel: 'daily',
  timeframe: 'daily',
  hit: {
    direction: 'bullish',
    confidence: 0.6,
    levels: { support_level: 98 },
    stop: 98,
    description: 'a hammer',
    ...hit
  },
  barTime: 0,
  quote: { price: 100, change: 1, indicators: {} },
  atr: 2,
  validFor: 3,
  ...change
})
const bar = (close: number): Bar => ({ time: 1, open: close, high: close, low: close, close, volume: 1 })
const quote = { price: 0, change: 0, indicators: {} }

t.test('a close beyond the stop undoes a pattern, once', async t => {
  const book = new Book()
  book.add(found())
  book.add(found({}, { direction: 'bearish', stop: 103 }))
  book.add(found({}, { direction: 'neutral' }))

  t.match(book.review(bar(97.9), quote), [
    { kind: 'pattern_expired', revision: 1, description: /97\.90 closed beyond 98\.00/ }
  ])
  t.same(
    book.patterns.map(({ hit }) => hit.direction),
    ['bearish', 'neutral']
  )
  t.match(book.review(bar(103.1), quote), [{ kind: 'pattern_expired' }])
})

t.test('a move in its direction raises the confidence, news alone is told, and after its bars it leaves', async t => {
  const book = new Book()
  book.add(found())

  t.same(book.review(bar(101), quote), [])
  t.match(book.review(bar(106), quote), [{ kind: 'pattern_updated', revision: 1, confidence: 0.6 + 0.4 * 0.75 }])
  t.same(book.review(bar(106), quote), [])
  t.same(book.patterns, [])
})

t.test('confidence falls towards half as the price falls to the stop', async t => {
  t.equal(judged(found(), 108), 1)
  t.equal(judged(found(), 99), 0.6 * 0.75)
  t.equal(judged(found(), 98), 0.3)
  const { stop: _, ...without } = found().hit
  t.equal(judged({ ...found(), hit: without }, 98), 0.6 * 0.75)
  t.equal(judged(found({}, { direction: 'neutral' }), 50), 0.6)
  t.equal(judged(found({ atr: Number.NaN }), 50), 0.6)
})

t.test('a combo is a fresh daily pattern that an intraday one confirms', async t => {
  const intraday = found(
    { pattern: 'Bullish_Engulfing', timeframe: '5min', channel: 'intraday', synthetic: true, barTime: 86_400_000 },
    { confidence: 0.8 }
  )

  t.match(comboOf([found({ pattern: 'Doji' }), found()], intraday), {
    pattern: 'Hammer',
    channel: 'combo',
    timeframe: 'combo',
    synthetic: true,
    barTime: 86_400_000,
    hit: { confidence: 0.7, levels: { support_level: 98, daily_confidence: 0.6, intraday_confidence: 0.8 } }
  })
  t.equal(comboOf([found({}, { direction: 'bearish' }), found({}, { direction: 'neutral' })], intraday), undefined)
  t.equal(comboOf([found()], { ...intraday, barTime: 6 * 86_400_000 }), undefined)
})

t.test('a walk tells the same twice, in the order of days, on all three channels', async t => {
  const universe = derivedUniverse({ symbols: 60, days: 60, seed: 'walk' })
  const steps = [...walk(universe, 6)]
  const again = [...walk(derivedUniverse({ symbols: 60, days: 60, seed: 'walk' }), 6)]

  t.same(again, steps)
  t.same([...new Set(steps.map(({ occurrence }) => occurrence.found.channel))].sort(), ['combo', 'daily', 'intraday'])
  t.ok(steps.every(({ day }, at) => day >= (steps[at - 1]?.day ?? 1)))
  t.equal(steps.at(-1)?.days, 60)
  for (const { found, kind, barTime } of steps.map(({ occurrence }) => occurrence)) {
    if (found.channel === 'daily' && found.synthetic !== (found.symbol !== 'SPX'))
      t.fail(`${found.symbol} is mislabelled`)
    if (found.channel !== 'daily' && !found.synthetic) t.fail('a derived session is mislabelled')
    if (kind !== 'pattern_detected' && barTime < found.barTime - 86_400_000) t.fail('told before it was found')
  }
  t.ok(steps.some(({ occurrence }) => occurrence.found.symbol === 'SPX' && !occurrence.found.synthetic))
})

t.test('without watched symbols there is the daily channel alone', async t => {
  const channels = new Set<string>()
  for (const { occurrence } of walk(derivedUniverse({ symbols: 20, days: 20, seed: 'walk' }), 0)) {
    channels.add(occurrence.found.channel)
  }
  t.same([...channels], ['daily'])
})
