import { relativeVolume } from '../indicators/study.ts'
import { confidence, type Detector, score } from './detector.ts'
import { extreme } from './swings.ts'

/** Four weeks of trading days. */
const WINDOW = 20

/**
 * Weekly breakout: the first close above the highest high of the four weeks before (20 daily bars).
 *
 * The close before was not above the high of its own four weeks.
 * Confidence: distance of the close beyond the level (0 → 1 average true range), volume (1 → 2 times the usual; 0 if unknown), close within the bar (half way → at the high).
 * Undone by a close more than one average true range below the level.
 * Source: Donchian's four-week rule (Donchian, "Trend-Following Methods in Commodity Price Analysis", Commodity Yearbook 1957), for the long side.
 */
export const weeklyBreakout: Detector = {
  name: 'Weekly_Breakout',
  scope: 'daily',
  validFor: 15,
  detect(study, at) {
    const { bars, atr } = study
    const [before, bar] = [bars[at - 1], bars[at]]
    const usual = atr[at] ?? Number.NaN
    if (!before || !bar || at - 1 < WINDOW || Number.isNaN(usual)) return undefined
    const level = extreme(bars, 'high', at - WINDOW, at - 1)
    const levelBefore = extreme(bars, 'high', at - 1 - WINDOW, at - 2)
    if (!(bar.close > level && before.close <= levelBefore)) return undefined
    return {
      direction: 'bullish',
      confidence: confidence(
        score((bar.close - level) / usual, 0, 1),
        score(relativeVolume(study, at) ?? 0, 1, 2),
        score((bar.close - bar.low) / (bar.high - bar.low), 0.5, 1)
      ),
      levels: { breakout_level: level, support_level: level - usual },
      stop: level - usual,
      description: 'First close above the high of the last four weeks'
    }
  }
}
