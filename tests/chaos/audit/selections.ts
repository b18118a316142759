import type { EventFilter } from '@tickstock/contracts'
import type { ListHistory, ListVersion } from './list-history.ts'

/** What a subscription's filter lets through, as long as one version of its list is in force. */
export interface Selection extends Pick<ListVersion, 'number' | 'askedAt' | 'answeredAt'> {
  /** Without watchlist and saved filter. No symbols at all: nothing matches. */
  readonly filter: EventFilter
}

/** What lets through what a filter says itself, for ever. */
const fixed = (filter: EventFilter): Selection => ({
  number: 0,
  askedAt: Number.NEGATIVE_INFINITY,
  answeredAt: Number.NEGATIVE_INFINITY,
  filter
})

/** The selections of a subscription, oldest first: one for each version of the list that its filter names. */
export function selectionsOf(
  { watchlist, filter: saved, ...given }: EventFilter,
  lists: ReadonlyMap<string, ListHistory>
): readonly Selection[] {
  const id = watchlist ?? saved
  if (id === undefined) return [fixed(given)]
  const versions = lists.get(id)?.versions ?? []
  return versions.map(({ number, askedAt, answeredAt, criteria }) => ({
    number,
    askedAt,
    answeredAt,
    filter: watchlist === undefined ? withCriteria(given, criteria) : within(given, criteria.symbols ?? [])
  }))
}

/** A watchlist and the symbols of the filter must both hold. */
function within(given: EventFilter, watched: readonly string[]): EventFilter {
  const { symbols } = given
  return { ...given, symbols: watched.filter(symbol => symbols === undefined || symbols.includes(symbol)) }
}

/** What the subscription gives goes before the saved criteria, field by field. */
function withCriteria(given: EventFilter, criteria: ListVersion['criteria']): EventFilter {
  const { timeframe, symbols, pattern_types, confidence_min, rs_min, vol_min, rsi_range } = criteria
  return {
    ...(symbols && { symbols }),
    ...(pattern_types && { pattern_types }),
    ...(confidence_min !== undefined && { confidence_min }),
    ...(rs_min !== undefined && { rs_min }),
    ...(vol_min !== undefined && { vol_min }),
    ...(rsi_range !== undefined && { rsi_range }),
    ...(timeframe !== undefined && { timeframes: [timeframe] }),
    ...given
  }
}
