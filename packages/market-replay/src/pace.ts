/** When events may leave. Times are ms of a monotonic clock. */
export interface Pace {
  /** How many more events may leave at `now`, when `sent` have left since the start. */
  due(now: number, sent: number): number
  /** When the next one may leave. */
  next(sent: number): number
}

/** What a held-up process may catch up with at once, in seconds of events. */
const LARGEST_DEBT_S = 0.5

/**
 * An even pace of `rate` events a second, the first at `start`. A delay of up to half a second is caught up with;
 * what a longer one (an outage of Redis) held up is not made up for in a burst: the pace goes on from then.
 */
export function evenPace(rate: number, start: number): Pace {
  const limit = Math.max(1, Math.ceil(rate * LARGEST_DEBT_S))
  let from = { at: start, sent: 0 }
  const next = (sent: number) => from.at + ((sent - from.sent) * 1000) / rate
  return {
    next,
    due(now, sent) {
      const due = Math.floor(((now - next(sent)) * rate) / 1000) + 1
      if (due <= limit) return Math.max(0, due)
      from = { at: now - ((limit - 1) * 1000) / rate, sent }
      return limit
    }
  }
}
