import type { Watchlist, WatchlistDraft, WatchlistPatch } from '@tickstock/contracts'

/** Which version a change was made for; undefined takes any. */
export type ExpectedVersion = number | undefined

/** A watchlist of one user, named by both. */
export interface WatchlistKey {
  readonly user: string
  readonly id: string
}

/**
 * Users' watchlists. Whatever is another user's is not there. A change of a version that is no longer the current one
 * is refused, and of any number of concurrent ones made for the same version exactly one is taken.
 *
 * All raise ProblemErrors: `watchlist_not_found`, `version_mismatch`, `name_taken`, `limit_reached`, `database_unavailable`.
 */
export interface Watchlists {
  /** By name. */
  list(user: string): Promise<Watchlist[]>
  get(key: WatchlistKey): Promise<Watchlist>
  create(user: string, draft: WatchlistDraft): Promise<Watchlist>
  /** What the change leaves out stays. */
  change(key: WatchlistKey, change: WatchlistDraft | WatchlistPatch, expected: ExpectedVersion): Promise<Watchlist>
  delete(key: WatchlistKey, expected: ExpectedVersion): Promise<void>
}
