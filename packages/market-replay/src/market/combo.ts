import type { FoundPattern } from './found-pattern.ts'

/** A daily pattern is fresh enough to be confirmed for this many daily bars, ms of three days and a weekend. */
const FRESH_MS = 5 * 86_400_000

/**
 * A combo: a daily pattern that an intraday pattern of the same symbol confirms.
 *
 * The two agree if both point the same way (neither is neutral) and the daily one completed in a session before, at
 * most five calendar days ago.
 * It carries the daily pattern's name, levels and stop; its confidence is the mean of the two. It is synthetic if
 * either is.
 *
 * @returns undefined where no daily pattern agrees; the latest one where several do
 */
export function comboOf(daily: readonly FoundPattern[], intraday: FoundPattern): FoundPattern | undefined {
  const agreeing = daily.findLast(
    ({ hit, barTime }) =>
      hit.direction !== 'neutral' && hit.direction === intraday.hit.direction && intraday.barTime - barTime <= FRESH_MS
  )
  if (!agreeing) return undefined
  const confidence = (agreeing.hit.confidence + intraday.hit.confidence) / 2
  return {
    ...agreeing,
    synthetic: agreeing.synthetic || intraday.synthetic,
    channel: 'combo',
    timeframe: 'combo',
    barTime: intraday.barTime,
    quote: intraday.quote,
    hit: {
      ...agreeing.hit,
      confidence,
      levels: {
        ...agreeing.hit.levels,
        daily_confidence: agreeing.hit.confidence,
        intraday_confidence: intraday.hit.confidence
      },
      description: `${agreeing.hit.description}; confirmed by ${intraday.pattern} on ${intraday.timeframe} bars`
    }
  }
}
