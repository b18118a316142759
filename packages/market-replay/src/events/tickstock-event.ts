import type { Channel, EventKind } from '@tickstock/contracts'
import type { Occurrence } from '../market/found-pattern.ts'

/** Seconds since the Unix epoch, with a fraction: how TickStockPL writes times. */
type Seconds = number

/** An event as TickStockPL publishes it. */
export interface TickStockEvent {
  readonly event_type: EventKind
  readonly source: 'TickStockPL'
  /** When it was published. */
  readonly timestamp: Seconds
  readonly flow_id: string
  readonly data: TickStockPattern
}

/** The pattern it is about, as it stands now. */
export interface TickStockPattern {
  readonly symbol: string
  readonly pattern: string
  readonly confidence: number
  readonly current_price: number
  /** Percent since the close of the day before. */
  readonly price_change: number
  /** When the pattern was detected: the same in all events about it. */
  readonly timestamp: Seconds
  readonly expires_at: Seconds
  readonly timeframe: string
  readonly indicators: Readonly<Record<string, number>>
  readonly source: Channel
  readonly description: string
  /** True where the bars it stands in are derived, not traded. */
  readonly synthetic: boolean
  /** ISO time of the historic bar that is replayed as if it were now. */
  readonly replayed_from: string
}

/** When a replayed pattern counts as detected and published, ms. */
export interface MappedTimes {
  readonly publishedAt: number
  readonly detectedAt: number
  readonly expiresAt: number
}

const rounded = (value: number, digits: number): number => Number(value.toFixed(digits))

/**
 * Says an occurrence in TickStockPL's words: confidence and ratios to 4 digits, percent to 2, prices to a hundredth
 * of a cent.
 */
export function tickStockEvent(
  { kind, found, confidence, quote, description }: Occurrence,
  { publishedAt, detectedAt, expiresAt }: MappedTimes,
  id: string
): TickStockEvent {
  const indicators = { ...quote.indicators, ...found.hit.levels }
  return {
    event_type: kind,
    source: 'TickStockPL',
    timestamp: publishedAt / 1000,
    flow_id: id,
    data: {
      symbol: found.symbol,
      pattern: found.pattern,
      confidence: rounded(confidence, 4),
      current_price: rounded(quote.price, 4),
      price_change: rounded(quote.change, 2),
      timestamp: detectedAt / 1000,
      expires_at: expiresAt / 1000,
      timeframe: found.timeframe,
      indicators: Object.fromEntries(Object.entries(indicators).map(([name, value]) => [name, rounded(value, 4)])),
      source: found.channel,
      description,
      synthetic: found.synthetic,
      replayed_from: new Date(found.barTime).toISOString()
    }
  }
}
