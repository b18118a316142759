import { valueAt } from '../indicators/study.ts'
import { confidence, type Detector, score } from './detector.ts'

const LOOK_BACK = 10
const MIDDLE = 50
const REACH = 15

/**
 * Momentum shift: the 14-bar RSI crosses 50 soon after it was far on the other side.
 *
 * Up: RSI above 50 now, at most 50 one bar ago, and at most 35 within the 10 bars before. Down: the mirror image, from
 * at least 65.
 * Confidence: how far it came (15 → 30 points from the middle), how far it is beyond (0 → 5 points).
 * Undone by a close beyond the extreme close of those 10 bars.
 * Sources: Wilder, "New Concepts in Technical Trading Systems" (1978), for RSI; Brown, "Technical Analysis for the
 * Trading Professional" (1999), for its ranges around the middle. The thresholds are ours.
 */
export const momentumShift: Detector = {
  name: 'Momentum_Shift',
  scope: 'any',
  validFor: 10,
  detect({ bars, rsi }, at) {
    const [before, now] = [valueAt(rsi, at - 1), valueAt(rsi, at)]
    const up = now > MIDDLE && before <= MIDDLE
    const down = now < MIDDLE && before >= MIDDLE
    if (at < LOOK_BACK || !(up || down)) return undefined
    const sign = up ? 1 : -1
    const from = [...rsi.slice(at - LOOK_BACK, at)]
      .map(value => sign * (MIDDLE - value))
      .filter(value => value >= REACH)
    if (from.length === 0) return undefined
    const furthest = Math.max(...from)
    const closes = bars.slice(at - LOOK_BACK, at).map(({ close }) => close)
    const stop = up ? Math.min(...closes) : Math.max(...closes)
    return {
      direction: up ? 'bullish' : 'bearish',
      confidence: confidence(score(furthest, REACH, 2 * REACH), score(sign * (now - MIDDLE), 0, 5)),
      levels: { rsi_extreme: MIDDLE - sign * furthest, [up ? 'support_level' : 'resistance_level']: stop },
      stop,
      description: `RSI crossed 50 ${up ? 'upwards from' : 'downwards from'} ${(MIDDLE - sign * furthest).toFixed(0)}`
    }
  }
}
