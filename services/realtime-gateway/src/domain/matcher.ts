import {
  type CanonicalCriteria,
  type Criteria,
  canonicalCriteria,
  type EventChange,
  type LogEntry,
  matchesIdentity,
  matchesNumbers,
  type Pattern,
  thresholdValuesOf
} from '@tickstock/contracts'

/** A filter in which nothing is left to look up. */
export interface SelectedFilter extends Omit<Criteria, 'sectors'> {
  /** None at all: nothing matches. */
  readonly symbols?: readonly string[]
}

/** A filter in the one form that all filters of equal meaning have. */
export type CanonicalFilter = Omit<CanonicalCriteria, 'sectors'>

export function canonical({ symbols, ...criteria }: SelectedFilter): CanonicalFilter {
  return {
    ...(symbols?.length === 0 && { symbols }),
    ...canonicalCriteria({ ...criteria, symbols })
  }
}

/** What a filter costs in memory. */
export const namesIn = ({ symbols = [], pattern_types = [], timeframes = [] }: CanonicalFilter): number =>
  symbols.length + pattern_types.length + timeframes.length

/** What an event does to the patterns that match a filter: `updated` one that matched before and matches now. */
export type Effect = EventChange | 'updated'

export interface Matcher {
  /** Whether a live pattern matches. */
  readonly accepts: (pattern: Pattern) => boolean
  /** @returns undefined where the event does not concern the filter */
  readonly effectOf: (entry: Pick<LogEntry, 'event' | 'before' | 'late'>) => Effect | undefined
}

export function matcherOf(filter: CanonicalFilter): Matcher {
  const accepts: Matcher['accepts'] = pattern =>
    matchesIdentity(filter, pattern) && matchesNumbers(filter, thresholdValuesOf(pattern))

  const effectOf: Matcher['effectOf'] = ({ event, before, late = false }) => {
    if (!matchesIdentity(filter, event.pattern)) return undefined
    const matchedBefore = before !== undefined && matchesNumbers(filter, before)
    if (event.kind === 'pattern_expired') {
      if (late) return 'late'
      return matchedBefore || before === undefined ? 'left' : undefined
    }
    const matches = matchesNumbers(filter, thresholdValuesOf(event.pattern))
    if (late) return matches ? 'late' : undefined
    if (matches) return matchedBefore ? 'updated' : 'entered'
    return matchedBefore ? 'left' : undefined
  }

  return { accepts, effectOf }
}
