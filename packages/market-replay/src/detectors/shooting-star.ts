import type { Detector } from './detector.ts'
import { trendAt } from './trend.ts'
import { umbrella } from './umbrella.ts'

/**
 * Shooting star: after a rise the bar trades far higher and is sold back.
 *
 * Shape and confidence: see `umbrella.ts` (long shadow above the body). Trend: up at the bar before.
 * Undone by a close above its high.
 * Source: Nison, "Japanese Candlestick Charting Techniques" (2nd ed., 2001), ch. 5. His gap before the star is not
 * required.
 */
export const shootingStar: Detector = {
  name: 'Shooting_Star',
  scope: 'any',
  validFor: 10,
  detect(study, at) {
    if (trendAt(study, at - 1) !== 1) return undefined
    const found = umbrella(study, at, 'above')
    if (!found) return undefined
    return {
      direction: 'bearish',
      confidence: found.confidence,
      levels: { shadow_to_body: found.shadowToBody, resistance_level: found.candle.high },
      stop: found.candle.high,
      description: `Upper shadow ${found.shadowToBody.toFixed(1)} times the body, after a rise`
    }
  }
}
