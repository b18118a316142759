import type { EventFilter, PatternEvent } from '@tickstock/contracts'

/**
 * Whether an event passes a filter: the protocol's words once more, apart from the gateway's code, so that the auditor does not share its mistakes.
 * Watchlists, saved filters and sectors are no part of it: subscriptions that name them are not audited here.
 */
export function passes(event: PatternEvent, filter: EventFilter): boolean {
  const { pattern } = event
  const named =
    isAmong(pattern.symbol, filter.symbols) &&
    isAmong(pattern.pattern, filter.pattern_types) &&
    isOfTimeframe(pattern, filter.timeframes)
  if (!named || event.kind === 'pattern_expired') return named
  const { confidence, indicators } = event.pattern
  return (
    reaches(confidence, filter.confidence_min) &&
    reaches(indicators.relative_strength, filter.rs_min) &&
    reaches(indicators.relative_volume, filter.vol_min) &&
    isInRange(indicators.rsi, filter.rsi_range)
  )
}

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
