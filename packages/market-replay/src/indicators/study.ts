import { ATR, RSI, SMA } from 'trading-signals'
import type { Bar } from '../bars/bar.ts'

const RSI_PERIOD = 14
const ATR_PERIOD = 14
const TREND_PERIOD = 10
const VOLUME_PERIOD = 20

/**
 * Bars with what is computed of them, one value a bar; NaN where too few bars came before. No value looks at later
 * bars.
 */
export interface Study {
  readonly bars: readonly Bar[]
  /**
   * Relative strength index over 14 closes, Wilder's smoothing (Wilder, "New Concepts in Technical Trading
   * Systems", 1978).
   */
  readonly rsi: Float64Array
  /** Average true range over 14 bars, Wilder's smoothing (same source). */
  readonly atr: Float64Array
  /** Mean of the last 10 closes, this bar's included. */
  readonly trend: Float64Array
  /** Mean volume of the 20 bars before this one; NaN where one of them has none. */
  readonly usualVolume: Float64Array
}

/** A value of a column, NaN outside of it: whatever is compared with it does not hold. */
export const valueAt = (column: ArrayLike<number>, at: number): number => column[at] ?? Number.NaN

const NO_BAR: Bar = {
  time: Number.NaN,
  open: Number.NaN,
  high: Number.NaN,
  low: Number.NaN,
  close: Number.NaN,
  volume: Number.NaN
}

/** A bar, or one of NaN alone outside of the series: whatever is compared with it does not hold. */
export const barAt = (bars: readonly Bar[], at: number): Bar => bars[at] ?? NO_BAR

export function studyOf(bars: readonly Bar[]): Study {
  const rsi = new RSI(RSI_PERIOD)
  const atr = new ATR(ATR_PERIOD)
  const trend = new SMA(TREND_PERIOD)
  const volume = new SMA(VOLUME_PERIOD)
  const column = () => new Float64Array(bars.length).fill(Number.NaN)
  const study = { bars, rsi: column(), atr: column(), trend: column(), usualVolume: column() }
  bars.forEach((bar, at) => {
    study.rsi[at] = rsi.add(bar.close) ?? Number.NaN
    study.atr[at] = atr.add(bar) ?? Number.NaN
    study.trend[at] = trend.add(bar.close) ?? Number.NaN
    study.usualVolume[at] = volume.getResult() ?? Number.NaN
    volume.add(bar.volume)
  })
  return study
}

/**
 * Volume against the mean of the 20 bars before, as a ratio (2.1 = 2.1 times as much); NaN where there is no such
 * mean.
 */
export function relativeVolume({ bars, usualVolume }: Study, at: number): number {
  const usual = valueAt(usualVolume, at)
  return usual > 0 ? barAt(bars, at).volume / usual : Number.NaN
}
