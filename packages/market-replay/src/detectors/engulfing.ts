import { barAt, type Study, valueAt } from '../indicators/study.ts'
import { candle } from './candle.ts'
import { confidence, type Detector, type Hit, score } from './detector.ts'
import { trendAt } from './trend.ts'

const MIN_BODY = 0.5

/**
 * The second of two bodies of opposite colour wraps the first.
 *
 * Body against the trend of the bar before; it covers the earlier body at both ends and is longer; the earlier is no
 * doji (> 5 % of its range); the later is at least half the average true range.
 * Confidence: length against the earlier body (1 → 3), length against the average true range (0.5 → 1.5).
 */
function engulfing(study: Study, at: number, direction: 'bullish' | 'bearish'): Hit | undefined {
  const sign = direction === 'bullish' ? 1 : -1
  const [earlier, later] = [barAt(study.bars, at - 1), barAt(study.bars, at)]
  if (trendAt(study, at - 1) !== -sign) return undefined
  const usual = valueAt(study.atr, at)
  const first = candle(earlier)
  const second = candle(later)
  const fits =
    first.colour === -sign &&
    second.colour === sign &&
    first.body > 0.05 * first.range &&
    second.top >= first.top &&
    second.bottom <= first.bottom &&
    second.body > first.body &&
    second.body >= MIN_BODY * usual
  if (!fits) return undefined
  const stop = direction === 'bullish' ? Math.min(first.low, second.low) : Math.max(first.high, second.high)
  return {
    direction,
    confidence: confidence(score(second.body / first.body, 1, 3), score(second.body / usual, MIN_BODY, 1.5)),
    levels: {
      body_ratio: second.body / first.body,
      [direction === 'bullish' ? 'support_level' : 'resistance_level']: stop
    },
    stop,
    description: `Body ${(second.body / first.body).toFixed(1)} times the one it wraps, against the trend`
  }
}

/**
 * Bullish engulfing: in a fall, a rising body wraps the falling one before it. Undone by a close below the two bars'
 * low.
 * Source: Nison, "Japanese Candlestick Charting Techniques" (2nd ed., 2001), ch. 4.
 */
export const bullishEngulfing: Detector = {
  name: 'Bullish_Engulfing',
  scope: 'any',
  validFor: 10,
  detect: (study, at) => engulfing(study, at, 'bullish')
}

/** Bearish engulfing: the same in a rise, upside down. Undone by a close above the two bars' high. Source: as above. */
export const bearishEngulfing: Detector = {
  name: 'Bearish_Engulfing',
  scope: 'any',
  validFor: 10,
  detect: (study, at) => engulfing(study, at, 'bearish')
}
