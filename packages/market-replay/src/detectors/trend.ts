import { barAt, type Study, valueAt } from '../indicators/study.ts'

/** Bars over which the mean must have moved. */
const SLOPE_BARS = 5

/**
 * The short trend that a reversal would reverse, as it stood at bar `at`: up (1) if the close is above its 10-bar mean
 * and that mean is higher than 5 bars before, down (-1) the other way round, else none (0). After Morris, "Candlestick
 * Charting Explained", who takes a short moving average of the closes.
 */
export function trendAt({ bars, trend }: Study, at: number): -1 | 0 | 1 {
  const close = barAt(bars, at).close
  const mean = valueAt(trend, at)
  const before = valueAt(trend, at - SLOPE_BARS)
  if (close > mean && mean > before) return 1
  if (close < mean && mean < before) return -1
  return 0
}
