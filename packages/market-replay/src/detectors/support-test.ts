import { barAt, valueAt } from '../indicators/study.ts'
import { candle } from './candle.ts'
import { confidence, type Detector, score } from './detector.ts'
import { swings } from './swings.ts'

const LOOK_BACK = 60
const WIDTH = 0.4
const APART = 5

/**
 * Support test: the price comes down to a level that held before, and holds it again.
 *
 * The level is the mean of the swing lows of the last 60 bars that lie within 0.4 average true range of the latest of
 * them; at least two, 5 or more bars apart.
 * This bar's low comes within 0.4 average true range of it, the bar closes above it and in the upper half of its range,
 * and the low of the bar before was not yet that near.
 * Confidence: touches before (1 → 5), nearness of the low (0.4 → 0 ATR), close within the bar (half → the high).
 * Undone by a close more than 0.4 average true range below the level.
 * Source: Edwards and Magee, "Technical Analysis of Stock Trends", ch. 13, support and resistance; the widths are ours.
 */
export const supportTest: Detector = {
  name: 'Support_Test',
  scope: 'any',
  validFor: 10,
  detect({ bars, atr }, at) {
    const [before, bar] = [barAt(bars, at - 1), barAt(bars, at)]
    const width = WIDTH * valueAt(atr, at)
    if (Number.isNaN(width)) return undefined
    const shape = candle(bar)
    const closed = (bar.close - bar.low) / shape.range
    if (!(closed >= 0.5)) return undefined
    const lows = swings(bars, 'low', at - LOOK_BACK, at - 1)
    const latest = lows.at(-1)
    if (!latest) return undefined
    const touches = lows.filter(({ price }) => Math.abs(price - latest.price) <= width)
    const level = touches.reduce((sum, { price }) => sum + price, 0) / touches.length
    const fits =
      touches.some(({ at: touched }) => latest.at - touched >= APART) &&
      Math.abs(bar.low - level) <= width &&
      bar.close > level &&
      before.low - level > width
    if (!fits) return undefined
    return {
      direction: 'bullish',
      confidence: confidence(
        score(touches.length, 1, 5),
        score(Math.abs(bar.low - level), width, 0),
        score(closed, 0.5, 1)
      ),
      levels: { support_level: level, touches: touches.length },
      stop: level - width,
      description: `Held a level that ${touches.length} earlier lows made`
    }
  }
}
