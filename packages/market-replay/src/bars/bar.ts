/** One bar of trading: prices in the currency of the market, adjusted for splits. */
export interface Bar {
  /** Start of the bar, ms since the Unix epoch; for a daily bar the session's date at 00:00 UTC. */
  readonly time: number
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  /** Units traded; NaN where the source does not give it. */
  readonly volume: number
}

export const DAY_MS = 86_400_000
