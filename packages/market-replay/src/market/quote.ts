import { type MarketCloses, relativeStrength } from '../indicators/relative-strength.ts'
import { relativeVolume, type Study } from '../indicators/study.ts'
import type { Quote } from './found-pattern.ts'

/**
 * The quote at the close of bar `at`.
 *
 * @param lastClose the close of the day before, which the change is counted from
 */
export function quoteAt(study: Study, at: number, market: MarketCloses, lastClose: number): Quote {
  const price = study.bars[at]?.close ?? Number.NaN
  const strength = relativeStrength(study.bars, at, market)
  const volume = relativeVolume(study, at)
  const rsi = study.rsi[at] ?? Number.NaN
  return {
    price,
    change: 100 * (price / lastClose - 1),
    indicators: {
      ...(strength === undefined ? {} : { relative_strength: strength }),
      ...(volume === undefined ? {} : { relative_volume: volume }),
      ...(Number.isNaN(rsi) ? {} : { rsi })
    }
  }
}
