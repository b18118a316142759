import { type MarketCloses, relativeStrength } from '../indicators/relative-strength.ts'
import { barAt, relativeVolume, type Study, valueAt } from '../indicators/study.ts'
import type { Quote } from './found-pattern.ts'

/**
 * The quote at the close of bar `at`. Indicators that cannot be known are left out.
 *
 * @param lastClose the close of the day before, which the change is counted from
 */
export function quoteAt(study: Study, at: number, market: MarketCloses, lastClose: number): Quote {
  const price = barAt(study.bars, at).close
  const indicators = {
    relative_strength: relativeStrength(study.bars, at, market),
    relative_volume: relativeVolume(study, at),
    rsi: valueAt(study.rsi, at)
  }
  return {
    price,
    change: 100 * (price / lastClose - 1),
    indicators: Object.fromEntries(Object.entries(indicators).filter(([, value]) => Number.isFinite(value)))
  }
}
