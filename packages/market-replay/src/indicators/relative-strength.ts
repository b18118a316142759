import type { Bar } from '../bars/bar.ts'
import { barAt } from './study.ts'

/** A quarter of trading days. */
const RELATIVE_STRENGTH_BARS = 63

/** The close of the market at the time of a bar, if it traded then. */
export type MarketCloses = ReadonlyMap<number, number>

export const marketCloses = (bars: readonly Bar[]): MarketCloses => new Map(bars.map(bar => [bar.time, bar.close]))

/**
 * What a holding of the symbol over the last 63 bars became, against the same holding of the market: 1.4 = 40 %
 * stronger.
 * NaN where fewer bars are there or the market has none of the two times.
 * This is comparative strength (Levy, Journal of Finance, 1967), not Wilder's RSI.
 */
export function relativeStrength(bars: readonly Bar[], at: number, market: MarketCloses): number {
  const now = barAt(bars, at)
  const then = barAt(bars, at - RELATIVE_STRENGTH_BARS)
  const marketNow = market.get(now.time) ?? Number.NaN
  const marketThen = market.get(then.time) ?? Number.NaN
  return now.close / then.close / (marketNow / marketThen)
}
