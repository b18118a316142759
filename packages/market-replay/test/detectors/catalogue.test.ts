import fc from 'fast-check'
import t from 'tap'
import { readIndexBars } from '../../src/bars/index-series.ts'
import { DETECTORS } from '../../src/detectors/catalogue.ts'
import { studyOf } from '../../src/indicators/study.ts'
import { derivedUniverse } from '../../src/universe/universe.ts'

const universe = derivedUniverse({ symbols: 40, days: 200, seed: 'properties' })

t.test('names are unique, and every kind of pattern occurs in real or derived bars', async t => {
  const seen = new Set<string>()
  for (const bars of [readIndexBars(), ...universe.series.map(series => series.bars())]) {
    const study = studyOf(bars)
    for (const detector of DETECTORS) {
      if (seen.has(detector.name)) continue
      if (bars.some((_, at) => detector.detect(study, at))) seen.add(detector.name)
    }
  }

  t.equal(new Set(DETECTORS.map(({ name }) => name)).size, DETECTORS.length)
  t.same([...seen].sort(), DETECTORS.map(({ name }) => name).sort())
})

t.test('no detector looks ahead: later bars change no answer', async t => {
  const anywhere = fc.record({
    series: fc.constantFrom(...universe.series),
    end: fc.integer({ min: 130, max: 300 })
  })
  fc.assert(
    fc.property(anywhere, ({ series, end }) => {
      const bars = series.bars()
      const whole = studyOf(bars)
      const known = studyOf(bars.slice(0, end + 1))
      for (const detector of DETECTORS) {
        if (!t.same(detector.detect(whole, end), detector.detect(known, end), detector.name)) return false
      }
      return true
    }),
    { numRuns: 40 }
  )
})

t.test('the scale of prices and volumes changes no pattern and no confidence', async () => {
  const anywhere = fc.record({
    series: fc.constantFrom(...universe.series),
    // Powers of two scale without rounding.
    price: fc.integer({ min: -6, max: 6 }).map(power => 2 ** power),
    volume: fc.integer({ min: -6, max: 6 }).map(power => 2 ** power)
  })
  fc.assert(
    fc.property(anywhere, ({ series, price, volume }) => {
      const bars = series.bars()
      const scaled = bars.map(bar => ({
        time: bar.time,
        open: bar.open * price,
        high: bar.high * price,
        low: bar.low * price,
        close: bar.close * price,
        volume: bar.volume * volume
      }))
      const [one, other] = [studyOf(bars), studyOf(scaled)]
      for (const detector of DETECTORS) {
        for (let at = 0; at < bars.length; at++) {
          const [hit, same] = [detector.detect(one, at), detector.detect(other, at)]
          if (hit?.direction !== same?.direction) return false
          if (Math.abs((hit?.confidence ?? 0) - (same?.confidence ?? 0)) > 1e-9) return false
        }
      }
      return true
    }),
    { numRuns: 15 }
  )
})

t.test('confidence lies between one half and one, and a stop on the side it can be hit from', async t => {
  for (const series of universe.series) {
    const study = studyOf(series.bars())
    for (const [at, bar] of study.bars.entries()) {
      for (const detector of DETECTORS) {
        const hit = detector.detect(study, at)
        if (!hit) continue
        const sane = hit.confidence >= 0.5 && hit.confidence <= 1 && Object.values(hit.levels).every(Number.isFinite)
        if (!sane) t.fail(`${detector.name} of ${series.symbol} at ${at}`, hit)
        if (hit.stop === undefined) continue
        const held = hit.direction === 'bullish' ? bar.close >= hit.stop : bar.close <= hit.stop
        if (!held && detector.name !== 'Gap_Fill')
          t.fail(`${detector.name} of ${series.symbol} at ${at} is undone at once`, hit)
      }
    }
  }
})
