import { barAt, relativeVolume, valueAt } from '../indicators/study.ts'
import { confidence, type Detector, score } from './detector.ts'
import { swings } from './swings.ts'

const LOOK_BACK = 60
const WIDTH = 0.4
const APART = 5
const BEYOND = 0.25

/**
 * Resistance break: a close clearly above a level that turned the price back before.
 *
 * The level is the highest of the swing highs of the last 60 bars that lie within 0.4 average true range of the
 * latest of them; at least two, 5 or more bars apart.
 * This bar closes at least a quarter of the average true range above it, and no bar since the latest of these swings
 * closed above the level.
 * Confidence: touches before (1 → 5), distance beyond (0.25 → 1.25 ATR), volume (1 → 2 times the usual; 0 if unknown).
 * Undone by a close back more than half an average true range below the level.
 * Source: Edwards and Magee, "Technical Analysis of Stock Trends", ch. 13; their rule of a clear close beyond, in
 * average true ranges instead of 3 %.
 */
export const resistanceBreak: Detector = {
  name: 'Resistance_Break',
  scope: 'any',
  validFor: 15,
  detect(study, at) {
    const { bars, atr } = study
    const bar = barAt(bars, at)
    const usual = valueAt(atr, at)
    if (Number.isNaN(usual)) return undefined
    const highs = swings(bars, 'high', at - LOOK_BACK, at - 1)
    const latest = highs.at(-1)
    if (!latest || bar.close <= latest.price) return undefined
    const touches = highs.filter(({ price }) => Math.abs(price - latest.price) <= WIDTH * usual)
    const level = Math.max(...touches.map(({ price }) => price))
    const fits =
      touches.some(({ at: touched }) => latest.at - touched >= APART) &&
      bar.close - level >= BEYOND * usual &&
      bars.slice(latest.at, at).every(({ close }) => close <= level)
    if (!fits) return undefined
    return {
      direction: 'bullish',
      confidence: confidence(
        score(touches.length, 1, 5),
        score((bar.close - level) / usual, BEYOND, 1.25),
        score(relativeVolume(study, at), 1, 2)
      ),
      levels: { resistance_level: level, breakout_level: level, touches: touches.length },
      stop: level - usual / 2,
      description: `Close above a level that turned ${touches.length} earlier highs back`
    }
  }
}
