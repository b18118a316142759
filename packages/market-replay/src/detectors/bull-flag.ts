import { barAt, relativeVolume, valueAt } from '../indicators/study.ts'
import { confidence, type Detector, score } from './detector.ts'
import { extreme } from './swings.ts'

const FLAG = { shortest: 4, longest: 15 } as const
const POLE_BARS = 8
const MIN_POLE = 3
const MAX_RETRACEMENT = 0.5

/**
 * Bull flag: a steep rise (the pole), a shallow pause that drifts level or down (the flag), and a close above it.
 *
 * The flag is the 4 to 15 bars before this one that follow the highest high of the last 16 bars. The pole is the rise
 * to that high from the lowest low of the 8 bars before it:
 * at least 3 average true ranges (as of the flag's end). The flag gives back at most half of it, and its last close is
 * not above its first. This bar is the first to close above the highs of all flag bars.
 * Confidence: height of the pole (3 → 6 ATR), shallowness (half → a tenth), volume of the break (1 → 2 times the usual;
 * 0 if unknown).
 * Undone by a close below the flag's low.
 * Sources: Edwards and Magee, "Technical Analysis of Stock Trends", ch. 11; Bulkowski, "Encyclopedia of Chart
 * Patterns", flags.
 */
export const bullFlag: Detector = {
  name: 'Bull_Flag',
  scope: 'any',
  validFor: 15,
  detect(study, at) {
    const { bars, atr } = study
    const bar = barAt(bars, at)
    const usual = valueAt(atr, at - 1)
    const start = at - 1 - FLAG.longest
    if (start < POLE_BARS) return undefined
    const tip = extreme(bars, 'high', start, at - 1)
    const tipAt = lastIndex(at - 1, start, index => bars[index]?.high === tip)
    const length = at - 1 - tipAt
    if (length < FLAG.shortest) return undefined
    const base = extreme(bars, 'low', tipAt - POLE_BARS, tipAt)
    const pole = tip - base
    if (!(pole >= MIN_POLE * usual)) return undefined
    const floor = extreme(bars, 'low', tipAt + 1, at - 1)
    const ceiling = extreme(bars, 'high', tipAt + 1, at - 1)
    const retraced = (tip - floor) / pole
    const first = barAt(bars, tipAt + 1).close
    const last = barAt(bars, at - 1).close
    if (!(retraced <= MAX_RETRACEMENT && last <= first && bar.close > ceiling)) return undefined
    return {
      direction: 'bullish',
      confidence: confidence(
        score(pole / usual, MIN_POLE, 6),
        score(retraced, MAX_RETRACEMENT, 0.1),
        score(relativeVolume(study, at), 1, 2)
      ),
      levels: { pole_height: pole, breakout_level: ceiling, support_level: floor, target_price: ceiling + pole },
      stop: floor,
      description: `Close above a ${length}-bar flag that gave back ${(100 * retraced).toFixed(0)} % of its pole`
    }
  }
}

function lastIndex(from: number, to: number, matches: (index: number) => boolean): number {
  let index = from
  while (index > to && !matches(index)) index--
  return index
}
