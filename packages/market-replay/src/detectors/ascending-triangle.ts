import { barAt, relativeVolume, valueAt } from '../indicators/study.ts'
import { confidence, type Detector, score } from './detector.ts'
import { swings } from './swings.ts'

const LOOK_BACK = 40
const FLAT = 0.5
const MIN_RISE = 0.5

/**
 * Ascending triangle: highs stop at one level while lows rise towards it, and the price closes above.
 *
 * Among the last 40 bars: the last two swing highs lie within half an average true range of each other (the level is
 * the higher one), and of the swing lows from just before the first of them on there are at least two, each higher than
 * the one before, rising half an average true range or more in all.
 * This bar is the first since the second high to close above the level.
 * Confidence: flatness of the top (0.5 → 0 ATR), rise of the lows (0.5 → 3 ATR), volume (1 → 2 times the usual; 0 if
 * unknown).
 * Undone by a close below the last of the lows.
 * Sources: Edwards and Magee, "Technical Analysis of Stock Trends", ch. 8; Bulkowski, "Encyclopedia of Chart Patterns",
 * triangles, ascending.
 */
export const ascendingTriangle: Detector = {
  name: 'Ascending_Triangle',
  scope: 'any',
  validFor: 15,
  detect(study, at) {
    const { bars, atr } = study
    const bar = barAt(bars, at)
    const usual = valueAt(atr, at)
    if (Number.isNaN(usual)) return undefined
    const [first, second] = swings(bars, 'high', at - LOOK_BACK, at - 1).slice(-2)
    if (!first || !second) return undefined
    const level = Math.max(first.price, second.price)
    const offset = Math.abs(first.price - second.price) / usual
    if (!(offset <= FLAT && bar.close > level && bars.slice(second.at, at).every(({ close }) => close <= level))) {
      return undefined
    }
    const all = swings(bars, 'low', at - LOOK_BACK, at - 1)
    const beforeTop = all.findLastIndex(low => low.at < first.at)
    const lows = all.slice(Math.max(0, beforeTop))
    const prices = lows.map(({ price }) => price)
    const [lowest, last] = [lows[0], lows.at(-1)]
    if (!lowest || !last || lows.length < 2) return undefined
    const rising = lows.slice(1).every((low, order) => low.price > valueAt(prices, order))
    const rise = (last.price - lowest.price) / usual
    if (!(rising && rise >= MIN_RISE)) return undefined
    return {
      direction: 'bullish',
      confidence: confidence(score(offset, FLAT, 0), score(rise, MIN_RISE, 3), score(relativeVolume(study, at), 1, 2)),
      levels: {
        resistance_level: level,
        breakout_level: level,
        support_level: last.price,
        target_price: level + (level - lowest.price)
      },
      stop: last.price,
      description: `Close above a flat top with ${lows.length} rising lows beneath it`
    }
  }
}
