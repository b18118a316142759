import { DETECTORS } from '../detectors/catalogue.ts'
import type { MarketCloses } from '../indicators/relative-strength.ts'
import { barAt, relativeVolume, type Study, studyOf, valueAt } from '../indicators/study.ts'
import type { Series } from '../universe/universe.ts'
import { Book } from './book.ts'
import type { FoundPattern, Occurrence } from './found-pattern.ts'
import { quoteAt } from './quote.ts'

/** Outweighs any relative volume. */
const POINTING = 1000

/** A detection as it is told first. */
export const detection = (found: FoundPattern): Occurrence => ({
  kind: 'pattern_detected',
  found,
  revision: 0,
  barTime: found.barTime,
  confidence: found.hit.confidence,
  quote: found.quote,
  description: found.hit.description
})

/** One symbol's way through its daily bars. */
export class Track {
  readonly series: Series
  readonly daily = new Book()
  readonly combo = new Book()
  readonly #warmUp: number
  #study: Study | undefined
  #at = 0

  constructor(series: Series, warmUp: number) {
    this.series = series
    this.#warmUp = warmUp
  }

  /** Computed when it is first needed: the first event need not wait for all symbols. */
  get study(): Study {
    this.#study ??= studyOf(this.series.bars())
    return this.#study
  }

  /** Index of the last bar whose close is known, or -1. */
  get at(): number {
    return this.#at - 1
  }

  /** Goes on to the bar of this time, if there is one, and tells what happened in it. */
  *close(time: number, market: MarketCloses): Generator<Occurrence> {
    const { bars } = this.study
    while (barAt(bars, this.#at).time < time) this.#at++
    const bar = bars[this.#at]
    if (bar?.time !== time) return
    const at = this.#at++
    if (at < this.#warmUp) return
    const quote = quoteAt(this.study, at, market, barAt(bars, at - 1).close)
    yield* this.daily.review(bar, quote)
    yield* this.combo.review(bar, quote)
    for (const detector of DETECTORS) {
      const hit = detector.detect(this.study, at)
      if (!hit) continue
      const found: FoundPattern = {
        symbol: this.series.symbol,
        synthetic: this.series.synthetic,
        pattern: detector.name,
        channel: 'daily',
        timeframe: 'daily',
        hit,
        barTime: time,
        quote,
        atr: valueAt(this.study.atr, at),
        validFor: detector.validFor
      }
      this.daily.add(found)
      yield detection(found)
    }
  }

  /**
   * How worthwhile it is to watch the next session: first those with a pattern that points somewhere, then by
   * relative volume.
   */
  get interest(): number {
    const pointing = this.daily.patterns.some(({ hit }) => hit.direction !== 'neutral')
    return (relativeVolume(this.study, this.at) || 0) + (pointing ? POINTING : 0)
  }
}
