import type { Channel, EventKind } from '@tickstock/contracts'
import type { Hit } from '../detectors/detector.ts'

/** A pattern at the time it was found: it does not change. */
export interface FoundPattern {
  readonly symbol: string
  /** True where the bars it stands in are derived, not traded. */
  readonly synthetic: boolean
  readonly pattern: string
  readonly channel: Channel
  /** `daily`, `5min` or `combo`. */
  readonly timeframe: string
  readonly hit: Hit
  /** Start of the bar it completed in, ms. */
  readonly barTime: number
  readonly quote: Quote
  /** Average true range then: the unit that later moves are measured in. */
  readonly atr: number
  /** For how many bars after its own it says something. */
  readonly validFor: number
}

/** The state of a symbol at the close of a bar. */
export interface Quote {
  readonly price: number
  /** Percent since the close of the day before. */
  readonly change: number
  /** relative_strength, relative_volume and rsi, as far as they are known. */
  readonly indicators: Readonly<Record<string, number>>
}

/** Something that happened to a pattern, at the close of a bar. */
export interface Occurrence {
  readonly kind: EventKind
  readonly found: FoundPattern
  /** 0 for the detection, then counted on. */
  readonly revision: number
  /** Start of the bar it happened in, ms. */
  readonly barTime: number
  readonly confidence: number
  readonly quote: Quote
  readonly description: string
}
