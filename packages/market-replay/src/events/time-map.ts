import { type PerChannel, patternId } from '@tickstock/contracts'
import type { FoundPattern, Occurrence } from '../market/found-pattern.ts'
import type { MappedTimes } from './tickstock-event.ts'

/**
 * How long a pattern lives after its detection, ms. Bars are compressed in a replay, so lifetimes are short: in 15
 * minutes at the default pace pass some forty trading days.
 */
export const LIFETIMES: PerChannel<number> = { daily: 900_000, intraday: 300_000, combo: 600_000 }

/**
 * Puts what happened in history at the time it is published, and remembers for later events when a pattern was
 * detected.
 */
export class TimeMap {
  readonly #detectedAt = new WeakMap<FoundPattern, number>()
  readonly #latest = new Map<string, number>()

  /**
   * Times of an occurrence that is published as of `publishedAt` (ms).
   *
   * Two detections of the same pattern of the same symbol never share a detection time (consumers tell them apart
   * by it): the later gets the next free ms.
   *
   * @returns undefined for a later event about a pattern that has expired meanwhile, or whose detection was never
   * published
   */
  timesOf({ kind, found }: Occurrence, publishedAt: number): MappedTimes | undefined {
    const detectedAt = kind === 'pattern_detected' ? this.#detected(found, publishedAt) : this.#detectedAt.get(found)
    if (detectedAt === undefined) return undefined
    const expiresAt = detectedAt + LIFETIMES[found.channel]
    return expiresAt <= publishedAt ? undefined : { publishedAt, detectedAt, expiresAt }
  }

  #detected(found: FoundPattern, now: number): number {
    const key = patternId({ symbol: found.symbol, pattern: found.pattern, timeframe: found.timeframe, detected_at: 0 })
    const detectedAt = Math.max(Math.round(now), (this.#latest.get(key) ?? 0) + 1)
    this.#latest.set(key, detectedAt)
    this.#detectedAt.set(found, detectedAt)
    return detectedAt
  }
}
