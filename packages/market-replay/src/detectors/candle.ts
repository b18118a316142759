import type { Bar } from '../bars/bar.ts'

/** The parts of a candlestick, in price. */
export interface Candle extends Bar {
  /** |close - open|. */
  readonly body: number
  /** high - low. */
  readonly range: number
  /** Higher and lower end of the body. */
  readonly top: number
  readonly bottom: number
  readonly upperShadow: number
  readonly lowerShadow: number
  /** 1 if it closed above its open, -1 below, 0 level. */
  readonly colour: number
}

export function candle(bar: Bar): Candle {
  const top = Math.max(bar.open, bar.close)
  const bottom = Math.min(bar.open, bar.close)
  return {
    ...bar,
    body: top - bottom,
    range: bar.high - bar.low,
    top,
    bottom,
    upperShadow: bar.high - top,
    lowerShadow: bottom - bar.low,
    colour: Math.sign(bar.close - bar.open)
  }
}
