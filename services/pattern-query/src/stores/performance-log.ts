import { setImmediate as turn } from 'node:timers/promises'
import {
  API_PERFORMANCE_KEY,
  API_PERFORMANCE_LENGTH,
  checkOf,
  type PatternPerformance,
  PerformanceEntry,
  ProblemError
} from '@tickstock/contracts'
import type { RedisClient } from '@tickstock/event-log'
import { latenciesOf } from '../domain/reports/latencies.ts'

const performanceEntry = checkOf(PerformanceEntry)

/** Entries read before others get their turn: parsing 10,000 at once would hold up every scan for 10 ms. */
const AT_ONCE = 500

/** How long figures are told again, ms: reading them again costs more than a thousand scans. */
const REMEMBERED = 1_000

/** How long requests took, from the list `api_performance`. */
export class PerformanceLog {
  readonly #redis: RedisClient
  readonly #now: () => number
  #reading: { readonly figures: Promise<PatternPerformance>; readonly until: number } | undefined

  /** @param now ms */
  constructor(redis: RedisClient, now: () => number = () => performance.now()) {
    this.#redis = redis
    this.#now = now
  }

  /**
   * Of the newest entries, as they were within the last second. Entries that cannot be understood are left out.
   *
   * @throws ProblemError log_unavailable
   */
  figures(): Promise<PatternPerformance> {
    const now = this.#now()
    if (this.#reading && now < this.#reading.until) return this.#reading.figures
    const figures = this.#read()
    const reading = { figures, until: now + REMEMBERED }
    this.#reading = reading
    // A failure is not worth remembering: Redis may be back at the next call.
    figures.catch(() => {
      if (this.#reading === reading) this.#reading = undefined
    })
    return figures
  }

  async #read(): Promise<PatternPerformance> {
    const texts = await this.#newest()
    const entries: PerformanceEntry[] = []
    for (let at = 0; at < texts.length; at += AT_ONCE) {
      for (const text of texts.slice(at, at + AT_ONCE)) {
        // Anybody may write to the list.
        const entry = performanceEntry.read(text)
        if (entry !== undefined) entries.push(entry)
      }
      await turn()
    }
    return latenciesOf(entries)
  }

  async #newest(): Promise<string[]> {
    if (this.#redis.status !== 'ready') throw unavailable()
    try {
      return await this.#redis.lrange(API_PERFORMANCE_KEY, 0, API_PERFORMANCE_LENGTH - 1)
    } catch (error) {
      throw unavailable(error)
    }
  }
}

const unavailable = (cause?: unknown) =>
  new ProblemError('log_unavailable', 'The list api_performance cannot be read', { cause })
