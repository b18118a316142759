import type { Bar } from '../bars/bar.ts'
import type { FoundPattern, Occurrence, Quote } from './found-pattern.ts'

/** A change of confidence smaller than this is not news. */
const NEWS = 0.25

/** Average true ranges in the right direction after which a pattern has done all it promised. */
const FULL_MOVE = 4

/** The room a pattern without a stop is given, in average true ranges. */
const USUAL_ROOM = 2

interface OpenPattern {
  readonly found: FoundPattern
  barsLeft: number
  revision: number
  told: number
}

/**
 * The patterns of one series of bars that still say something: each later bar may confirm, weaken or undo them.
 *
 * A close beyond the stop undoes a pattern (`pattern_expired`). Else its confidence is judged anew (`pattern_updated`
 * if that is news). After its `validFor` bars it leaves the book without a word: its own expiry ends it.
 */
export class Book {
  readonly #open: OpenPattern[] = []

  /** Patterns in the book, oldest first. */
  get patterns(): readonly FoundPattern[] {
    return this.#open.map(({ found }) => found)
  }

  add(found: FoundPattern): void {
    this.#open.push({ found, barsLeft: found.validFor, revision: 0, told: found.hit.confidence })
  }

  /** Holds all patterns against a bar that came after them. */
  review(bar: Bar, quote: Quote): Occurrence[] {
    const news: Occurrence[] = []
    const open = this.#open.splice(0)
    for (const entry of open) {
      const { found } = entry
      const about = { found, barTime: bar.time, quote, revision: entry.revision + 1 }
      const stop = brokenStop(found, bar.close)
      if (stop !== undefined) {
        const description = `Undone: ${bar.close.toFixed(2)} closed beyond ${stop.toFixed(2)}`
        news.push({ ...about, kind: 'pattern_expired', confidence: entry.told, description })
        continue
      }
      const confidence = judged(found, bar.close)
      if (Math.abs(confidence - entry.told) >= NEWS) {
        entry.told = confidence
        entry.revision++
        news.push({ ...about, kind: 'pattern_updated', confidence, description: found.hit.description })
      }
      if (--entry.barsLeft > 0) this.#open.push(entry)
    }
    return news
  }
}

/** The stop that a close is beyond. */
function brokenStop({ hit }: FoundPattern, close: number): number | undefined {
  if (hit.stop === undefined) return undefined
  const beyond = hit.direction === 'bullish' ? close < hit.stop : close > hit.stop
  return beyond ? hit.stop : undefined
}

/**
 * Confidence in the light of a later close. With `p` the move since detection in average true ranges, towards the
 * pattern:
 * `c + (1 - c) · min(1, p / 4)` if it moved on, `c · (1 - min(1, -p / room) / 2)` if back, where room is the
 * distance to the stop. Neutral patterns keep theirs.
 */
export function judged({ hit, quote, atr }: FoundPattern, close: number): number {
  if (hit.direction === 'neutral' || !(atr > 0)) return hit.confidence
  const move = ((hit.direction === 'bullish' ? 1 : -1) * (close - quote.price)) / atr
  if (move >= 0) return hit.confidence + (1 - hit.confidence) * Math.min(1, move / FULL_MOVE)
  const room = hit.stop === undefined ? USUAL_ROOM : Math.abs(quote.price - hit.stop) / atr
  return hit.confidence * (1 - Math.min(1, -move / room) / 2)
}
