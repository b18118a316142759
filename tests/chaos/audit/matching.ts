import type { EventFilter, Pattern, PatternEvent } from '@tickstock/contracts'
import type { Effect } from './live-patterns.ts'

/** What an event does to the patterns that match a filter; `updated`: its pattern matched before, and matches now. */
export type Change = 'entered' | 'updated' | 'left' | 'late'

/**
 * The protocol's words about filters once more, apart from the gateway's code, so that the auditor does not share its mistakes. Watchlists
 * and saved filters are resolved before, and sectors are not audited.
 *
 * @returns undefined for an event that is not to be sent
 */
export function changeFor(filter: EventFilter, event: PatternEvent, { before, isLate }: Effect): Change | undefined {
  if (!isNamed(event.pattern, filter)) return undefined
  const isEnd = event.kind === 'pattern_expired'
  if (isLate) return isEnd || passes(event.pattern, filter) ? 'late' : undefined
  const matched = before !== undefined && passes(before, filter)
  // The end of a pattern of which the log knows nothing may concern what a client knows.
  if (isEnd) return matched || before === undefined ? 'left' : undefined
  if (passes(event.pattern, filter)) return matched ? 'updated' : 'entered'
  return matched ? 'left' : undefined
}

/** Whether a live pattern matches a filter. */
export const passes = (pattern: Pattern, filter: EventFilter): boolean =>
  isNamed(pattern, filter) &&
  reaches(pattern.confidence, filter.confidence_min) &&
  reaches(pattern.indicators.relative_strength, filter.rs_min) &&
  reaches(pattern.indicators.relative_volume, filter.vol_min) &&
  isInRange(pattern.indicators.rsi, filter.rsi_range)

const isNamed = (pattern: PatternEvent['pattern'], filter: EventFilter): boolean =>
  isAmong(pattern.symbol, filter.symbols) &&
  isAmong(pattern.pattern, filter.pattern_types) &&
  isOfTimeframe(pattern, filter.timeframes)

/** A threshold of 0 lets through what has no such number. */
const reaches = (value: number | undefined, least = 0): boolean =>
  least === 0 || (value !== undefined && value >= least)

function isInRange(value: number | undefined, range = '0,100'): boolean {
  const [least = 0, most = 100] = range.split(',').map(Number)
  if (least === 0 && most === 100) return true
  return value !== undefined && value >= least && value <= most
}

const CHANNEL_WORDS = ['daily', 'intraday', 'combo']

function isOfTimeframe({ channel, timeframe }: PatternEvent['pattern'], words = ['all']): boolean {
  return words.some(said => {
    const word = said.trim().toLowerCase()
    return word === 'all' || word === (CHANNEL_WORDS.includes(word) ? channel : timeframe.toLowerCase())
  })
}

const isAmong = (name: string, names: readonly string[] | undefined): boolean =>
  names === undefined || names.some(other => other.toLowerCase() === name.toLowerCase())
