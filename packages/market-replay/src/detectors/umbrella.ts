import { barAt, type Study, valueAt } from '../indicators/study.ts'
import { type Candle, candle } from './candle.ts'
import { confidence, score } from './detector.ts'

const LONG_SHADOW = 2
const SHORT_SHADOW = 0.1
const MIN_RANGE = 0.75

/** A small body at one end of a wide range. */
export interface Umbrella {
  readonly candle: Candle
  readonly confidence: number
  /** Length of the long shadow in bodies. */
  readonly shadowToBody: number
}

/**
 * The shape that hammer, hanging man and (upside down) shooting star share: the long shadow is at least twice the body,
 * the other at most 10 % of the range, the body is not a doji's (> 5 % of the range), and the range is at least 0.75 of
 * the average true range.
 *
 * Confidence: length of the long shadow (2 → 4 bodies), absence of the other (10 % → 0 of the range), width of the
 * range (0.75 → 1.75 ATR).
 */
export function umbrella({ bars, atr }: Study, at: number, side: 'below' | 'above'): Umbrella | undefined {
  const bar = barAt(bars, at)
  const usual = valueAt(atr, at)
  const shape = candle(bar)
  const [long, short] =
    side === 'below' ? [shape.lowerShadow, shape.upperShadow] : [shape.upperShadow, shape.lowerShadow]
  const fits =
    shape.body > 0.05 * shape.range &&
    long >= LONG_SHADOW * shape.body &&
    short <= SHORT_SHADOW * shape.range &&
    shape.range >= MIN_RANGE * usual
  if (!fits) return undefined
  return {
    candle: shape,
    shadowToBody: long / shape.body,
    confidence: confidence(
      score(long / shape.body, LONG_SHADOW, 4),
      score(short / shape.range, SHORT_SHADOW, 0),
      score(shape.range / usual, MIN_RANGE, 1.75)
    )
  }
}
