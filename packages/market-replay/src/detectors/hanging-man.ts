import type { Detector } from './detector.ts'
import { trendAt } from './trend.ts'
import { umbrella } from './umbrella.ts'

/**
 * Hanging man: the hammer's shape after a rise, a first sign that holders sell.
 *
 * Shape and confidence: see `umbrella.ts` (long shadow below the body). Trend: up at the bar before.
 * Undone by a close above its high.
 * Source: Nison, "Japanese Candlestick Charting Techniques" (2nd ed., 2001), ch. 4, umbrella lines.
 */
export const hangingMan: Detector = {
  name: 'Hanging_Man',
  scope: 'any',
  validFor: 10,
  detect(study, at) {
    if (trendAt(study, at - 1) !== 1) return undefined
    const found = umbrella(study, at, 'below')
    if (!found) return undefined
    return {
      direction: 'bearish',
      confidence: found.confidence,
      levels: { shadow_to_body: found.shadowToBody, resistance_level: found.candle.high },
      stop: found.candle.high,
      description: `Lower shadow ${found.shadowToBody.toFixed(1)} times the body, after a rise`
    }
  }
}
