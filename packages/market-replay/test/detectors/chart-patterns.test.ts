import t from 'tap'
import { ascendingTriangle } from '../../src/detectors/ascending-triangle.ts'
import { bullFlag } from '../../src/detectors/bull-flag.ts'
import { gapFill } from '../../src/detectors/gap-fill.ts'
import { momentumShift } from '../../src/detectors/momentum-shift.ts'
import { resistanceBreak } from '../../src/detectors/resistance-break.ts'
import { supportTest } from '../../src/detectors/support-test.ts'
import { volumeSpike } from '../../src/detectors/volume-spike.ts'
import { weeklyBreakout } from '../../src/detectors/weekly-breakout.ts'
import { falling, last, level, path, type Row, rising } from './chart.ts'

const ramp = (from: number, to: number, steps: number): number[] =>
  Array.from({ length: steps }, (_, at) => from + ((to - from) * (at + 1)) / steps)

t.test('a bull flag breaks out of a shallow pause after a steep rise', async t => {
  const before = Array.from({ length: 20 }, (_, at) => 100 + (at % 2))
  const pole = ramp(101, 111, 5)
  const flag = [110.5, 110, 109.8, 109.6, 109.5]

  const hit = last(bullFlag, path([...before, ...pole, ...flag, 112]))

  t.match(hit, { direction: 'bullish', stop: 109.25, levels: { breakout_level: 110.75, support_level: 109.25 } })
  t.match(hit?.description, /4-bar flag/)
  t.equal(last(bullFlag, path([...before, ...pole, ...flag, 110.7])), undefined, 'still inside')
  t.equal(last(bullFlag, path([...before, ...pole, 110, 108, 106, 105, 104, 112])), undefined, 'gives too much back')
  t.equal(last(bullFlag, path([...before, ...pole, 110.5, 110, 112])), undefined, 'too short a pause')
  t.equal(
    last(bullFlag, path([...before, ...ramp(101, 101.8, 5), 101.7, 101.6, 101.5, 101.4, 101.3, 103])),
    undefined,
    'no pole'
  )
  t.equal(last(bullFlag, path([100, 101])), undefined)
})

t.test('a weekly breakout closes above the high of four weeks, once a week', async t => {
  const hit = last(weeklyBreakout, [...level(30), [100.5, 103, 100, 102]])

  t.match(hit, { direction: 'bullish', levels: { breakout_level: 101 } })
  // True range 3, average (2 * 13 + 3) / 14.
  t.ok(Math.abs((hit?.stop ?? 0) - (101 - 29 / 14)) < 1e-9)
  t.equal(last(weeklyBreakout, [...level(30), [100.5, 103, 100, 101]]), undefined, 'not above')
  t.equal(
    last(weeklyBreakout, [...level(30), [100.5, 103, 100, 102], [102, 105, 101, 104]]),
    undefined,
    'second of the week'
  )
  t.equal(last(weeklyBreakout, [...level(10), [100.5, 103, 100, 102]]), undefined, 'too few bars')
})

t.test('a volume spike is 2.5 times the mean of the twenty bars before', async t => {
  const spike = (volume: number): Row => [99.5, 101, 99, 100.5, volume]

  const hit = last(volumeSpike, [...level(25), spike(4250)])

  // (4.25 - 2.5) / (6 - 2.5) = 0.5
  t.match(hit, { direction: 'neutral', confidence: 0.75, levels: { volume_ratio: 4.25 } })
  t.equal(last(volumeSpike, [...level(25), spike(2499)]), undefined)
  t.equal(last(volumeSpike, [...level(25), spike(4000), spike(5000)]), undefined, 'the second in a row')
  t.equal(last(volumeSpike, [...level(10), spike(4000)]), undefined, 'no mean yet')
})

t.test('a gap is filled by the first bar that trades back to its far side', async t => {
  const up: Row[] = [...level(20), [103, 105, 103, 104], [104, 105, 103, 104]]
  const down: Row[] = [...level(20), [97, 97, 95, 96], [96, 97, 95, 96]]

  t.match(last(gapFill, [...up, [103, 103, 100.5, 101]]), {
    direction: 'bearish',
    stop: 103,
    levels: { gap_top: 103, gap_bottom: 101 }
  })
  t.match(last(gapFill, [...down, [97, 99.5, 97, 99]]), {
    direction: 'bullish',
    stop: 97,
    levels: { gap_top: 99, gap_bottom: 97 }
  })
  t.equal(last(gapFill, [...up, [103, 103, 101.1, 102]]), undefined, 'not quite filled')
  t.equal(last(gapFill, [...up, [103, 103, 100.5, 101], [101, 102, 100, 101]]), undefined, 'filled before')
  t.equal(last(gapFill, [...level(20), [101.2, 102, 101.1, 102], [101, 102, 100, 101]]), undefined, 'too small a gap')
})

t.test('a support test holds a level that two lows made', async t => {
  const down = [...ramp(108, 100, 6), ...ramp(100, 108, 6)]
  const touches = [...ramp(104, 108, 8), ...down, ...down]
  const approach = ramp(108, 102, 4)

  const hit = last(supportTest, [...path([...touches, ...approach]), [102, 102.2, 99.8, 101.5]])

  t.match(hit, { direction: 'bullish', levels: { touches: 2, support_level: 99.75 } })
  t.equal(last(supportTest, [...path([...touches, ...approach]), [102, 102.2, 99.8, 100.2]]), undefined, 'closes low')
  t.equal(
    last(supportTest, [...path([...touches, ...approach]), [102, 103, 101, 102.8]]),
    undefined,
    'does not come near'
  )
  t.equal(last(supportTest, [...path([...ramp(104, 108, 20)]), [108, 109, 107, 108.8]]), undefined, 'no lows')
})

t.test('a resistance break closes clearly above a level that two highs made', async t => {
  const bump = [...ramp(100, 108, 6), ...ramp(108, 100, 6)]
  const approach = ramp(100, 107, 5)
  const touches = path([...ramp(104, 100, 8), ...bump, ...bump, ...approach])

  t.match(last(resistanceBreak, [...touches, [107, 110.2, 106.8, 110]]), {
    direction: 'bullish',
    levels: { touches: 2, resistance_level: 108.25 }
  })
  t.equal(last(resistanceBreak, [...touches, [107, 108.6, 106.8, 108.4]]), undefined, 'not clearly')
  t.equal(last(resistanceBreak, [...touches, [107, 110, 107, 110], [110, 112, 110, 112]]), undefined, 'broken before')
  t.equal(last(resistanceBreak, path([...ramp(104, 100, 12), ...bump, ...approach, 110])), undefined, 'one high only')
})

t.test('an ascending triangle closes above a flat top with rising lows', async t => {
  const shape = (secondLow: number) => [
    ...ramp(101, 100, 12),
    ...ramp(100, 96, 5),
    ...ramp(96, 108, 6),
    ...ramp(108, secondLow, 4),
    ...ramp(secondLow, 108, 4),
    ...ramp(108, 105, 4),
    ...ramp(105, 107.5, 4)
  ]

  const hit = last(ascendingTriangle, path([...shape(101), 110]))

  t.match(hit, { direction: 'bullish', levels: { resistance_level: 108.25 } })
  t.ok((hit?.stop ?? 0) >= 100.75)
  t.equal(last(ascendingTriangle, path([...shape(101), 108])), undefined, 'not above')
  t.equal(last(ascendingTriangle, path([...shape(94), 110])), undefined, 'lows do not rise')
  t.equal(last(ascendingTriangle, path(ramp(100, 108, 30))), undefined, 'no top')
})

t.test('a momentum shift crosses the middle of RSI from far away', async t => {
  const up = [...falling(25, 130), ...rising(3, 105)]
  const jump: Row = [108, 122, 107, 121]
  const hit = last(momentumShift, [...up, jump])

  t.match(hit, { direction: 'bullish', stop: 105 })
  t.ok((hit?.levels['rsi_extreme'] ?? 50) <= 35)
  t.match(last(momentumShift, [...rising(25, 100), ...falling(3, 125), [122, 123, 108, 109]]), { direction: 'bearish' })
  t.equal(last(momentumShift, [...level(30), jump]), undefined, 'from the middle itself')
  t.equal(last(momentumShift, up.slice(0, 12)), undefined)
})
