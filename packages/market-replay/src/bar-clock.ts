import { DAY_MS } from './bars/bar.ts'
import type { Occurrence } from './market/found-pattern.ts'
import { INTRADAY_BAR_MS } from './universe/derive-session.ts'

/** A session's end, after its start of day at 00:00 UTC: 16:00 in New York is 20:00 or 21:00 UTC. */
const DAILY_CLOSE_MS = 21 * 3_600_000

/** When in history the bar of an occurrence was closed, so that it could be known, ms. */
export const knownAt = ({ barTime }: Pick<Occurrence, 'barTime'>): number =>
  barTime + (barTime % DAY_MS === 0 ? DAILY_CLOSE_MS : INTRADAY_BAR_MS)

/**
 * Lets history pass `speed` times as fast as the clock: gives when (ms of that clock) something known at `history`
 * is due.
 */
export function compressed(speed: number): (history: number, now: number) => number {
  let from: { readonly history: number; readonly at: number } | undefined
  let latest = Number.NEGATIVE_INFINITY
  return (history, now) => {
    if (from === undefined || history < latest - DAY_MS) from = { history, at: now }
    latest = history
    return from.at + (history - from.history) / speed
  }
}
