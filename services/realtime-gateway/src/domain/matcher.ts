import { type EventFilter, type PatternEvent, rsiBounds } from '@tickstock/contracts'

/** A filter in which nothing is left to look up. */
export interface SelectedFilter extends Omit<EventFilter, 'symbols' | 'sectors' | 'watchlist' | 'filter'> {
  /** None at all: nothing matches. */
  readonly symbols?: readonly string[]
}

/** A filter in the one form that all filters equal to it have: lower case, sorted, without repetition, names in a fixed order. */
export interface CanonicalFilter {
  readonly symbols?: readonly string[]
  readonly pattern_types?: readonly string[]
  readonly timeframes?: readonly string[]
  readonly confidence_min?: number
  readonly rs_min?: number
  readonly vol_min?: number
  readonly rsi_range?: string
}

const names = (list: readonly string[] | undefined) =>
  list === undefined ? undefined : [...new Set(list.map(name => name.toLowerCase()))].sort()

export function canonical(filter: SelectedFilter): CanonicalFilter {
  const form = {
    symbols: names(filter.symbols),
    pattern_types: names(filter.pattern_types),
    timeframes: names(filter.timeframes),
    confidence_min: filter.confidence_min,
    rs_min: filter.rs_min,
    vol_min: filter.vol_min,
    rsi_range: filter.rsi_range
  } satisfies Record<keyof SelectedFilter, unknown> // a field left out here would make unequal filters one feed
  return Object.fromEntries(Object.entries(form).filter(([, value]) => value !== undefined))
}

/** What a filter costs in memory. */
export const namesIn = ({ symbols = [], pattern_types = [], timeframes = [] }: CanonicalFilter): number =>
  symbols.length + pattern_types.length + timeframes.length

export type Matcher = (event: PatternEvent) => boolean

/** Compiles a filter. An expiry carries no numbers, so thresholds let it pass. */
export function matcherOf(filter: CanonicalFilter): Matcher {
  const symbols = filter.symbols && new Set(filter.symbols)
  const types = filter.pattern_types && new Set(filter.pattern_types)
  const timeframes = filter.timeframes && new Set(filter.timeframes)
  const { confidence_min: confidence, rs_min: strength, vol_min: volume } = filter
  const rsi = filter.rsi_range === undefined ? undefined : rsiBounds(filter.rsi_range)
  const reaches = (value: number | undefined, least: number | undefined) =>
    least === undefined || (value !== undefined && value >= least)

  return event => {
    const { pattern } = event
    if (symbols && !symbols.has(pattern.symbol.toLowerCase())) return false
    if (types && !types.has(pattern.pattern.toLowerCase())) return false
    if (timeframes && !timeframes.has(pattern.timeframe.toLowerCase())) return false
    if (event.kind === 'pattern_expired') return true
    const { confidence: value, indicators } = event.pattern
    return (
      reaches(value, confidence) &&
      reaches(indicators.relative_strength, strength) &&
      reaches(indicators.relative_volume, volume) &&
      reaches(indicators.rsi, rsi?.min) &&
      (rsi === undefined || (indicators.rsi ?? 0) <= rsi.max)
    )
  }
}
