import type { Bar } from '../bars/bar.ts'
import { barAt } from '../indicators/study.ts'

/** Bars on each side that a swing stands out from. */
const SWING_REACH = 3

export interface Swing {
  readonly at: number
  readonly price: number
}

/**
 * Swing highs (`high`) or lows (`low`) between two bars: bars whose extreme stands out from the 3 before and the 3
 * after (of equals, the first counts).
 * A swing needs its 3 later bars to be known, so only those up to `to - 3` are found: nothing looks beyond `to`.
 */
export function swings(bars: readonly Bar[], of: 'high' | 'low', from: number, to: number): Swing[] {
  const found: Swing[] = []
  for (let at = Math.max(from, SWING_REACH); at <= to - SWING_REACH; at++) {
    const price = barAt(bars, at)[of]
    if (standsOut(bars, of, at, price)) found.push({ at, price })
  }
  return found
}

function standsOut(bars: readonly Bar[], of: 'high' | 'low', at: number, price: number): boolean {
  const sign = of === 'high' ? 1 : -1
  for (let step = 1; step <= SWING_REACH; step++) {
    const before = barAt(bars, at - step)[of]
    const after = barAt(bars, at + step)[of]
    if (!(sign * (price - before) > 0 && sign * (price - after) >= 0)) return false
  }
  return true
}

/** Extreme of the bars from `from` to `to`, both included. */
export function extreme(bars: readonly Bar[], of: 'high' | 'low', from: number, to: number): number {
  const sign = of === 'high' ? 1 : -1
  let found = Number.NaN
  for (let at = Math.max(0, from); at <= to; at++) {
    const price = barAt(bars, at)[of]
    if (!(sign * (found - price) >= 0)) found = price
  }
  return found
}
