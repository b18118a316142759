import type { Detector } from './detector.ts'
import { trendAt } from './trend.ts'
import { umbrella } from './umbrella.ts'

/**
 * Hammer: after a fall the bar trades far lower and is bought back.
 *
 * Shape and confidence: see `umbrella.ts` (long shadow below the body). Trend: down at the bar before.
 * Undone by a close below its low.
 * Source: Nison, "Japanese Candlestick Charting Techniques" (2nd ed., 2001), ch. 4, umbrella lines.
 */
export const hammer: Detector = {
  name: 'Hammer',
  scope: 'any',
  validFor: 10,
  detect(study, at) {
    if (trendAt(study, at - 1) !== -1) return undefined
    const found = umbrella(study, at, 'below')
    if (!found) return undefined
    return {
      direction: 'bullish',
      confidence: found.confidence,
      levels: { shadow_to_body: found.shadowToBody, support_level: found.candle.low },
      stop: found.candle.low,
      description: `Lower shadow ${found.shadowToBody.toFixed(1)} times the body, after a fall`
    }
  }
}
