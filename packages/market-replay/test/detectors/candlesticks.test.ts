import t from 'tap'
import { doji } from '../../src/detectors/doji.ts'
import { bearishEngulfing, bullishEngulfing } from '../../src/detectors/engulfing.ts'
import { hammer } from '../../src/detectors/hammer.ts'
import { hangingMan } from '../../src/detectors/hanging-man.ts'
import { shootingStar } from '../../src/detectors/shooting-star.ts'
import { eveningStar, morningStar } from '../../src/detectors/star.ts'
import { falling, last, level, type Row, rising } from './chart.ts'

const near = (value: number | undefined, wanted: number) => Math.abs((value ?? Number.NaN) - wanted) < 0.0005

t.test('a doji opens and closes level in a wide range', async t => {
  const hit = last(doji, [...level(20), [100, 101, 99, 100]])

  t.match(hit, { direction: 'neutral', levels: { body_to_range: 0, resistance_level: 101, support_level: 99 } })
  // Body 0 of the range: 1. Range 2 of an average of 2: (1 - 0.5) / (1.5 - 0.5) = 0.5. Half plus half of their mean.
  t.ok(near(hit?.confidence, 0.5 + 0.5 * 0.75))
})

t.test('a body above 5 % of the range is no doji, nor is a bar that hardly traded', async t => {
  t.equal(last(doji, [...level(20), [100, 101, 99, 100.11]]), undefined)
  t.equal(last(doji, [...level(20), [100, 100.4, 99.6, 100]]), undefined)
  t.equal(last(doji, [...level(20), [100, 100, 100, 100]]), undefined)
  t.ok(last(doji, [...level(20), [100, 101, 99, 100.1]]))
})

t.test('a hammer is bought back after a fall', async t => {
  const hit = last(hammer, [...falling(20), [80, 80.45, 78, 80.4]])

  t.match(hit, { direction: 'bullish', stop: 78, levels: { support_level: 78 } })
  t.ok(near(hit?.levels['shadow_to_body'], 5))
  // Shadow 5 bodies: 1. Other shadow 0.05 of 2.45: 0.796. Range 2.45 of an average of 2.0321: 0.4556.
  t.ok(near(hit?.confidence, 0.5 + 0.5 * ((1 + 0.7959 + 0.4556) / 3)))
})

t.test('no hammer with a short lower shadow, a long upper one, a small range or no fall before it', async t => {
  t.equal(last(hammer, [...falling(20), [80, 81.05, 78.1, 81]]), undefined)
  t.equal(last(hammer, [...falling(20), [80, 80.9, 78, 80.4]]), undefined)
  t.equal(last(hammer, [...falling(20), [80, 80.22, 79, 80.2]]), undefined)
  t.equal(last(hammer, [...level(20), [100, 100.45, 98, 100.4]]), undefined)
})

t.test("a hanging man is the hammer's shape after a rise", async t => {
  const shape: Row = [120, 120.45, 118, 120.4]

  t.match(last(hangingMan, [...rising(20), shape]), { direction: 'bearish', stop: 120.45 })
  t.equal(last(hammer, [...rising(20), shape]), undefined)
  t.equal(last(hangingMan, [...falling(20), [80, 80.45, 78, 80.4]]), undefined)
})

t.test('a shooting star is sold back after a rise', async t => {
  t.match(last(shootingStar, [...rising(20), [120.4, 122.4, 119.95, 120]]), { direction: 'bearish', stop: 122.4 })
  t.equal(last(shootingStar, [...rising(20), [120.4, 122.4, 119.5, 120]]), undefined)
  t.equal(last(shootingStar, [...falling(20), [80.4, 82.4, 79.95, 80]]), undefined)
})

t.test('a bullish engulfing body wraps the falling one before it', async t => {
  const hit = last(bullishEngulfing, [...falling(20), [79.9, 82.5, 79, 82]])

  t.match(hit, { direction: 'bullish', stop: 79, levels: { support_level: 79 } })
  // Bodies 2.1 and 1: (2.1 - 1) / 2 = 0.55. True range 3.5: average 2.1071, 2.1 of it is 0.9966: 0.4966.
  t.ok(near(hit?.confidence, 0.5 + 0.5 * ((0.55 + 0.4966) / 2)))
})

t.test(
  'no engulfing where an end of the earlier body shows, the colours are equal or the trend is not against it',
  async t => {
    t.equal(last(bullishEngulfing, [...falling(20), [80.1, 82.5, 79, 82]]), undefined)
    t.equal(last(bullishEngulfing, [...falling(20), [79.9, 81, 79, 80.9]]), undefined)
    t.equal(last(bullishEngulfing, [...falling(20), [82, 82.5, 79, 79.5]]), undefined)
    t.equal(last(bullishEngulfing, [...level(20), [99, 102.5, 99, 102]]), undefined)
  }
)

t.test('a bearish engulfing body is the mirror image', async t => {
  t.match(last(bearishEngulfing, [...rising(20), [120.1, 121, 117.5, 118]]), {
    direction: 'bearish',
    stop: 121,
    levels: { resistance_level: 121 }
  })
  t.equal(last(bearishEngulfing, [...falling(20), [80.1, 81, 77.5, 78]]), undefined)
})

t.test('a morning star turns a fall in three bars', async t => {
  const fall = falling(19)
  const first: Row = [81, 81.5, 78.5, 79]
  const small: Row = [78.8, 79, 78.2, 78.6]

  const hit = last(morningStar, [...fall, first, small, [78.8, 81, 78.5, 80.5]])

  t.match(hit, { direction: 'bullish', stop: 78.2, levels: { retracement: 0.75 } })
  t.equal(last(morningStar, [...fall, first, small, [78.8, 80, 78.5, 79.9]]), undefined)
  t.equal(last(morningStar, [...fall, first, [78.8, 79.8, 78, 79.6], [78.8, 81, 78.5, 80.5]]), undefined)
  t.equal(last(morningStar, [...fall, first, [79.3, 79.6, 79, 79.5], [78.8, 81, 78.5, 80.5]]), undefined)
})

t.test('an evening star turns a rise in three bars', async t => {
  const rise = rising(19)
  const turn: Row[] = [
    [119, 121.5, 118.5, 121],
    [121.2, 121.8, 121, 121.4],
    [121.2, 121.5, 119, 119.5]
  ]

  t.match(last(eveningStar, [...rise, ...turn]), { direction: 'bearish', stop: 121.8, levels: { retracement: 0.75 } })
  t.equal(last(eveningStar, [...falling(19, 138), ...turn]), undefined)
})

t.test('a chart too short for a pattern has none', async t => {
  for (const detector of [hammer, bullishEngulfing, morningStar, doji])
    t.equal(last(detector, [[1, 2, 0.5, 1]]), undefined)
})
