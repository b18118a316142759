import { barAt, valueAt } from '../indicators/study.ts'
import { candle } from './candle.ts'
import { confidence, type Detector, score } from './detector.ts'

const MAX_BODY = 0.05
const MIN_RANGE = 0.5

/**
 * Doji: open and close are virtually equal, so neither side won.
 *
 * Body ≤ 5 % of the range, range ≥ half the average true range (a bar that hardly traded says nothing).
 * Confidence: how small the body is (5 % → 0 of the range), how wide the range is (0.5 → 1.5 ATR).
 * Source: Nison, "Japanese Candlestick Charting Techniques" (2nd ed., 2001), ch. 8.
 */
export const doji: Detector = {
  name: 'Doji',
  scope: 'any',
  validFor: 5,
  detect({ bars, atr }, at) {
    const bar = barAt(bars, at)
    const usual = valueAt(atr, at)
    const { body, range, high, low } = candle(bar)
    if (!(range > 0 && range >= MIN_RANGE * usual && body <= MAX_BODY * range)) return undefined
    return {
      direction: 'neutral',
      confidence: confidence(score(body / range, MAX_BODY, 0), score(range / usual, MIN_RANGE, 1.5)),
      levels: { body_to_range: body / range, resistance_level: high, support_level: low },
      description: `Open and close within ${((100 * body) / range).toFixed(1)} % of the bar's range: indecision`
    }
  }
}
