import type { Bar } from '../bars/bar.ts'
import { barAt, valueAt } from '../indicators/study.ts'
import { confidence, type Detector, score } from './detector.ts'

const LOOK_BACK = 10
const MIN_GAP = 0.3

/**
 * Gap fill: a gap of the last 10 bars is closed by this bar.
 *
 * A gap up is a bar whose low lies above the high of the bar before, a gap down one whose high lies below the low
 * before, by at least 0.3 average true range.
 * It is filled by the first bar that trades back to the far side. A filled gap up is bearish, a filled gap down bullish
 * (the move that opened it is undone). Of several, the latest counts.
 * Confidence: size of the gap (0.3 → 1 ATR), close at the end of the bar that the fill moved to (half way → the end).
 * Undone by a close back beyond the gap's other side.
 * Source: Bulkowski, "Encyclopedia of Chart Patterns", gaps (closing of a gap); Edwards and Magee, ch. 12.
 */
export const gapFill: Detector = {
  name: 'Gap_Fill',
  scope: 'daily',
  validFor: 5,
  detect({ bars, atr }, at) {
    const bar = barAt(bars, at)
    for (let opened = at - 1; opened >= Math.max(1, at - LOOK_BACK); opened--) {
      const gap = gapAt(bars, opened, valueAt(atr, opened))
      if (!gap || !fills(bar, gap)) continue
      if (bars.slice(opened + 1, at).some(earlier => fills(earlier, gap))) continue
      const up = gap.sign > 0
      const reach = (up ? bar.high - bar.close : bar.close - bar.low) / (bar.high - bar.low)
      return {
        direction: up ? 'bearish' : 'bullish',
        confidence: confidence(score(gap.size, MIN_GAP, 1), score(reach, 0.5, 1)),
        levels: { gap_top: Math.max(gap.near, gap.far), gap_bottom: Math.min(gap.near, gap.far), gap_in_atr: gap.size },
        stop: gap.near,
        description: `Gap ${up ? 'up' : 'down'} of ${at - opened} bars ago is filled`
      }
    }
    return undefined
  }
}

interface Gap {
  /** 1 for a gap up, -1 for a gap down. */
  readonly sign: -1 | 1
  /** The edge where the price jumped to. */
  readonly near: number
  /** The edge it jumped from: reaching it fills the gap. */
  readonly far: number
  /** In average true ranges. */
  readonly size: number
}

function gapAt(bars: readonly Bar[], at: number, usual: number): Gap | undefined {
  const [before, bar] = [barAt(bars, at - 1), barAt(bars, at)]
  const up = { sign: 1, near: bar.low, far: before.high, size: (bar.low - before.high) / usual } as const
  const down = { sign: -1, near: bar.high, far: before.low, size: (before.low - bar.high) / usual } as const
  return [up, down].find(({ size }) => size >= MIN_GAP)
}

const fills = (bar: Bar, { sign, far }: Gap): boolean => (sign > 0 ? bar.low <= far : bar.high >= far)
