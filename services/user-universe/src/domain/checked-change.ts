import {
  criteriaFaults,
  type FieldError,
  raise,
  type SavedFilterPatch,
  type WatchlistPatch
} from '@tickstock/contracts'
import { nameFaults } from './item-name.ts'

/**
 * A change of a watchlist as it is kept, with its name trimmed.
 *
 * @throws ProblemError `invalid_request`, naming every field that no watchlist can have
 */
export function checkedWatchlist<Change extends WatchlistPatch>(change: Change): Change {
  const faults = [...(change.name === undefined ? [] : nameFaults(change.name, 'body.name')), ...editFaults(change)]
  if (faults.length > 0) raise('invalid_request', 'The watchlist is not valid', faults)
  return trimmed(change)
}

/** Two ways to say the same may not contradict each other. */
function editFaults({ symbols, remove = [], add = [], move }: WatchlistPatch): FieldError[] {
  const isEdit = remove.length + add.length > 0 || move !== undefined
  const given = symbols !== undefined && isEdit
  return [
    ...(given ? [{ field: 'body.symbols', expected: 'not to be there beside remove, add or move' }] : []),
    ...remove.flatMap((symbol, at) =>
      add.includes(symbol) ? [{ field: `body.remove.${at}`, expected: 'not to be added too' }] : []
    )
  ]
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
