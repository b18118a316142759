import type { EventFilter, PatternEvent } from '@tickstock/contracts'

/**
 * Whether an event passes a filter: the protocol's words once more, apart from the gateway's code, so that the auditor does not share its mistakes.
 * Watchlists, saved filters and sectors are no part of it: who subscribes by them is not audited here.
 */
export function passes(event: PatternEvent, filter: EventFilter): boolean {
  const { pattern } = event
  const named =
    isAmong(pattern.symbol, filter.symbols) &&
    isAmong(pattern.pattern, filter.pattern_types) &&
    isAmong(pattern.timeframe, filter.timeframes)
  if (!named || event.kind === 'pattern_expired') return named
  const { confidence, indicators } = event.pattern
  return (
    confidence >= (filter.confidence_min ?? 0) &&
    (filter.rs_min === undefined || (indicators.relative_strength ?? Number.NaN) >= filter.rs_min) &&
    (filter.vol_min === undefined || (indicators.relative_volume ?? Number.NaN) >= filter.vol_min)
  )
}

const isAmong = (name: string, names: readonly string[] | undefined): boolean =>
  names === undefined || names.some(other => other.toLowerCase() === name.toLowerCase())
