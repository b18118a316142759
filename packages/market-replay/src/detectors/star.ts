import { barAt, type Study, valueAt } from '../indicators/study.ts'
import { candle } from './candle.ts'
import { confidence, type Detector, type Hit, score } from './detector.ts'
import { trendAt } from './trend.ts'

const LONG_BODY = 0.6
const SMALL_BODY = 0.3

/**
 * A long body with the trend, a small one beyond its close, a long one back.
 *
 * First body ≥ 0.6 average true range, coloured with the trend; star's body ≤ 30 % of the first and its middle beyond
 * the first's close (Nison's gap between the bodies is seldom seen where trading hardly stops, so it is not required);
 * third body of the other colour, ≥ 0.6 average true range, closing beyond the middle of the first.
 * Confidence: how far the third comes back into the first body (half → all), how small the star is (30 % → 0), how long
 * the third is (0.6 → 1.4 ATR).
 */
function star(study: Study, at: number, direction: 'bullish' | 'bearish'): Hit | undefined {
  const sign = direction === 'bullish' ? 1 : -1
  const [one, two, three] = [barAt(study.bars, at - 2), barAt(study.bars, at - 1), barAt(study.bars, at)]
  if (trendAt(study, at - 2) !== -sign) return undefined
  const usual = valueAt(study.atr, at)
  const first = candle(one)
  const middle = candle(two)
  const third = candle(three)
  const back = (sign * (third.close - first.close)) / first.body
  const fits =
    first.colour === -sign &&
    third.colour === sign &&
    first.body >= LONG_BODY * usual &&
    third.body >= LONG_BODY * usual &&
    middle.body <= SMALL_BODY * first.body &&
    sign * (first.close - (middle.open + middle.close) / 2) > 0 &&
    back >= 0.5
  if (!fits) return undefined
  const stop =
    direction === 'bullish' ? Math.min(first.low, middle.low, third.low) : Math.max(first.high, middle.high, third.high)
  return {
    direction,
    confidence: confidence(
      score(back, 0.5, 1),
      score(middle.body / first.body, SMALL_BODY, 0),
      score(third.body / usual, LONG_BODY, 1.4)
    ),
    levels: { retracement: back, [direction === 'bullish' ? 'support_level' : 'resistance_level']: stop },
    stop,
    description: `Three bars turn: the third takes back ${(100 * back).toFixed(0)} % of the first`
  }
}

/**
 * Morning star: the turn up after a fall. Undone by a close below the three bars' low.
 * Source: Nison, "Japanese Candlestick Charting Techniques" (2nd ed., 2001), ch. 5.
 */
export const morningStar: Detector = {
  name: 'Morning_Star',
  scope: 'any',
  validFor: 10,
  detect: (study, at) => star(study, at, 'bullish')
}

/** Evening star: the turn down after a rise. Undone by a close above the three bars' high. Source: as above. */
export const eveningStar: Detector = {
  name: 'Evening_Star',
  scope: 'any',
  validFor: 10,
  detect: (study, at) => star(study, at, 'bearish')
}
