import type { SavedFilter, SavedFilterDraft, SavedFilterPatch } from '@tickstock/contracts'
import type { Created, ExpectedVersion, ItemKey } from './owned-item.ts'

/**
 * Writes users' saved filters; they are read in a universe. Whatever is another user's is not there. At most one of a user's is his default: making one the
 * default takes that from the other, which is a change of both. Versions hold as for watchlists.
 *
 * All raise ProblemErrors: `filter_not_found`, `version_mismatch`, `name_taken`, `limit_reached`,
 * `idempotency_key_reused`, `database_unavailable`, and `invalid_request` for a watchlist that is not the user's.
 */
export interface SavedFilters {
  /** @param once a name of this creation: under it, it is done once a day */
  create(user: string, draft: SavedFilterDraft, once?: string): Promise<Created<SavedFilter>>
  /** What the change leaves out stays. */
  change(key: ItemKey, change: SavedFilterDraft | SavedFilterPatch, expected: ExpectedVersion): Promise<SavedFilter>
  delete(key: ItemKey, expected: ExpectedVersion): Promise<void>
}
