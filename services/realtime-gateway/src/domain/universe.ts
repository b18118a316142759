import type { ScanCriteria } from '@tickstock/contracts'

/**
 * What users keep, and the sectors of symbols. All reject with a ProblemError: `watchlist_not_found` and `filter_not_found` where there is none
 * that is the user's, `universe_unavailable` while nobody knows.
 */
export interface Universe {
  /** Symbols of a watchlist. */
  watchlist(user: string, id: string): Promise<readonly string[]>
  /** Criteria of a saved filter. */
  filter(user: string, id: string): Promise<ScanCriteria>
  /** Symbols of a sector, whatever its case; undefined where there is no such sector. */
  sector(name: string): Promise<readonly string[] | undefined>
}
