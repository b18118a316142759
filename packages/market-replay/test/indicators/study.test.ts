import t from 'tap'
import { DAY_MS } from '../../src/bars/bar.ts'
import { marketCloses, relativeStrength } from '../../src/indicators/relative-strength.ts'
import { relativeVolume, studyOf } from '../../src/indicators/study.ts'
import { chart, falling, type Row } from '../detectors/chart.ts'

const close = (value: number): Row => [value, value, value, value]
const near = (value: number | undefined, wanted: number) => Math.abs((value ?? Number.NaN) - wanted) < 0.01

t.test("RSI is Wilder's: his own example of 14 closes gives 70.53, 66.32, 66.55", async t => {
  const closes = [
    44.34, 44.09, 44.15, 43.61, 44.33, 44.83, 45.1, 45.42, 45.84, 46.08, 45.89, 46.03, 45.61, 46.28, 46.28, 46.0, 46.03
  ]

  const { rsi } = studyOf(chart(closes.map(close)))

  t.ok(Number.isNaN(rsi[13]))
  // By hand: gains 3.34 and losses 1.40 over 14 changes.
  t.ok(near(rsi[14], 100 - 100 / (1 + 3.34 / 1.4)))
  const [gain, loss] = [(3.34 * 13) / 14, 1.4 * (13 / 14) + 0.28]
  t.ok(near(rsi[15], 100 - 100 / (1 + gain / loss)))
})

t.test('the average true range counts gaps, and is smoothed by Wilder', async t => {
  const { atr } = studyOf(chart([...falling(14), [90, 91, 89.5, 90]]))

  t.ok(Number.isNaN(atr[12]))
  t.equal(atr[13], 2)
  // From the close at 86 to the high at 91: 5. (13 * 2 + 5) / 14.
  t.ok(near(atr[14], 31 / 14))
})

t.test('the usual volume is that of the twenty bars before, without this one', async t => {
  const study = studyOf(chart([...Array.from({ length: 20 }, (): Row => [1, 1, 1, 1, 100]), [1, 1, 1, 1, 210]]))

  t.equal(relativeVolume(study, 20), 2.1)
  t.ok(Number.isNaN(relativeVolume(study, 19)))
  t.ok(Number.isNaN(relativeVolume(study, 99)))
})

t.test('relative strength is the return against that of the market', async t => {
  const bars = chart([close(100), ...Array.from({ length: 62 }, () => close(110)), close(154)])
  const market = marketCloses(chart([close(50), ...Array.from({ length: 62 }, () => close(50)), close(55)]))

  t.ok(near(relativeStrength(bars, 63, market), 1.54 / 1.1))
  t.ok(Number.isNaN(relativeStrength(bars, 62, market)))
  t.ok(Number.isNaN(relativeStrength(bars, 63, new Map())))
  t.ok(Number.isNaN(relativeStrength(bars, 63, new Map([[63 * DAY_MS, 1]]))))
})
