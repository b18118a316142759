import {
  type CanonicalCriteria,
  type Criteria,
  canonicalCriteria,
  matchesIdentity,
  matchesNumbers,
  type PatternEvent,
  type ThresholdValues,
  thresholdValuesOf
} from '@tickstock/contracts'

/** A filter in which nothing is left to look up. */
export interface SelectedFilter extends Omit<Criteria, 'sectors'> {
  /** None at all: nothing matches. */
  readonly symbols?: readonly string[]
  /** Ids of the watchlists and saved filters behind it: an edit makes it another, so it is no other's equal. */
  readonly followed?: readonly string[]
}

/** A filter in the one form that all filters of equal meaning have. */
export interface CanonicalFilter extends Omit<CanonicalCriteria, 'sectors'> {
  /** Lower case, sorted, each once. */
  readonly followed?: readonly string[]
}

export function canonical({ symbols, followed, ...criteria }: SelectedFilter): CanonicalFilter {
  return {
    ...(symbols?.length === 0 && { symbols }),
    ...canonicalCriteria({ ...criteria, symbols }),
    ...(followed && { followed: [...new Set(followed.map(id => id.toLowerCase()))].sort() })
  }
}

/** What a filter costs in memory. */
export const namesIn = ({ symbols = [], pattern_types = [], timeframes = [] }: CanonicalFilter): number =>
  symbols.length + pattern_types.length + timeframes.length

/** Decides in two halves, since the numbers of a pattern change and its names do not. */
export interface Matcher {
  /** By symbol, pattern type, channel and timeframe. */
  readonly identity: (pattern: PatternEvent['pattern']) => boolean
  /** By the thresholds. */
  readonly numbers: (values: ThresholdValues) => boolean
  /** By both. An expiry carries no numbers, so thresholds let it pass. */
  readonly event: (event: PatternEvent) => boolean
}

export function matcherOf(filter: CanonicalFilter): Matcher {
  const identity: Matcher['identity'] = pattern => matchesIdentity(filter, pattern)
  const numbers: Matcher['numbers'] = values => matchesNumbers(filter, values)
  return {
    identity,
    numbers,
    event: event =>
      identity(event.pattern) && (event.kind === 'pattern_expired' || numbers(thresholdValuesOf(event.pattern)))
  }
}
