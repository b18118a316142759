import type { Bar } from '../bars/bar.ts'
import { barAt, relativeVolume, valueAt } from '../indicators/study.ts'
import { confidence, type Detector, score } from './detector.ts'
import { extreme } from './swings.ts'

/** Four weeks of trading days. */
const WINDOW = 20
const WEEK = 5

/**
 * Weekly breakout: the first close above the highest high of the four weeks before (20 daily bars).
 *
 * None of the five closes before was above the high of its own four weeks: one breakout a week.
 * Confidence: distance of the close beyond the level (0 → 1 average true range), volume (1 → 2 times the usual; 0 if
 * unknown), close within the bar (half way → at the high).
 * Undone by a close more than one average true range below the level.
 * Source: Donchian's four-week rule (Donchian, "Trend-Following Methods in Commodity Price Analysis", Commodity
 * Yearbook 1957), for the long side.
 */
export const weeklyBreakout: Detector = {
  name: 'Weekly_Breakout',
  scope: 'daily',
  validFor: 15,
  detect(study, at) {
    const { bars, atr } = study
    const bar = barAt(bars, at)
    const usual = valueAt(atr, at)
    if (at < WINDOW + WEEK || Number.isNaN(usual)) return undefined
    const level = extreme(bars, 'high', at - WINDOW, at - 1)
    if (bar.close <= level || brokeOut(bars, at)) return undefined
    return {
      direction: 'bullish',
      confidence: confidence(
        score((bar.close - level) / usual, 0, 1),
        score(relativeVolume(study, at), 1, 2),
        score((bar.close - bar.low) / (bar.high - bar.low), 0.5, 1)
      ),
      levels: { breakout_level: level, support_level: level - usual },
      stop: level - usual,
      description: 'First close above the high of the last four weeks'
    }
  }
}

function brokeOut(bars: readonly Bar[], at: number): boolean {
  return bars
    .slice(at - WEEK, at)
    .some(({ close }, step) => close > extreme(bars, 'high', at - WEEK + step - WINDOW, at - WEEK + step - 1))
}
