import { criteriaFaults, raise, type SavedFilterPatch, type WatchlistPatch } from '@tickstock/contracts'
import { nameFaults } from './item-name.ts'

/**
 * A change of a watchlist as it is kept, with its name trimmed.
 *
 * @throws ProblemError `invalid_request`, naming every field that no watchlist can have
 */
export function checkedWatchlist<Change extends WatchlistPatch>(change: Change): Change {
  const faults = change.name === undefined ? [] : nameFaults(change.name, 'body.name')
  if (faults.length > 0) raise('invalid_request', 'The watchlist is not valid', faults)
  return trimmed(change)
}

/**
 * A change of a saved filter as it is kept, with its name trimmed: its criteria are such that a scan takes them.
 *
 * @throws ProblemError `invalid_request`, naming every field that no saved filter can have
 */
export function checkedFilter<Change extends SavedFilterPatch>(change: Change): Change {
  const faults = [
    ...(change.name === undefined ? [] : nameFaults(change.name, 'body.name')),
    ...(change.criteria === undefined ? [] : criteriaFaults(change.criteria, 'body.criteria'))
  ]
  if (faults.length > 0) raise('invalid_request', 'The filter is not valid', faults)
  return trimmed(change)
}

const trimmed = <Change extends { readonly name?: string }>(change: Change): Change =>
  change.name === undefined ? change : { ...change, name: change.name.trim() }
