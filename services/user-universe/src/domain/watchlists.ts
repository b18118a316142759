import type { Watchlist, WatchlistDraft, WatchlistPatch } from '@tickstock/contracts'
import type { Created, ExpectedVersion, ItemKey } from './owned-item.ts'

/**
 * Writes users' watchlists; they are read in a universe. Whatever is another user's is not there. A change of a version that is no longer the current one
 * is refused, and of any number of concurrent ones made for the same version exactly one is taken.
 *
 * All raise ProblemErrors: `watchlist_not_found`, `version_mismatch`, `name_taken`, `watchlist_in_use`, `limit_reached`,
 * `idempotency_key_reused`, `database_unavailable`, and `invalid_request` for symbols that nobody lists.
 */
export interface Watchlists {
  /** @param once a name of this creation: under it, it is done once a day */
  create(user: string, draft: WatchlistDraft, once?: string): Promise<Created<Watchlist>>
  /** What the change leaves out stays. */
  change(key: ItemKey, change: WatchlistDraft | WatchlistPatch, expected: ExpectedVersion): Promise<Watchlist>
  delete(key: ItemKey, expected: ExpectedVersion): Promise<void>
}
