import { raise, WATCHLIST_LIMITS, type WatchlistPatch } from '@tickstock/contracts'

/** What is done to the symbols of a watchlist, as a patch says it. */
export type SymbolEdit = Pick<WatchlistPatch, 'remove' | 'add' | 'move'>

/**
 * A watchlist's symbols after an edit: some taken out, some put at the end, one moved, in this order. The rest keep
 * theirs.
 *
 * @throws ProblemError `limit_reached`; `invalid_request` when what moves, or where to, is not in the list
 */
export function editedSymbols(symbols: readonly string[], { remove = [], add = [], move }: SymbolEdit): string[] {
  const removed = new Set(remove)
  const edited = [...new Set([...symbols.filter(symbol => !removed.has(symbol)), ...add])]
  if (edited.length > WATCHLIST_LIMITS.symbols) {
    raise(
      'limit_reached',
      `it would have ${edited.length} symbols; a watchlist has at most ${WATCHLIST_LIMITS.symbols}`
    )
  }
  return move ? moved(edited, move) : edited
}

function moved(symbols: readonly string[], { symbol, before }: NonNullable<SymbolEdit['move']>): string[] {
  const rest = symbols.filter(other => other !== symbol)
  const at = before === null ? rest.length : rest.indexOf(before)
  const faults = [
    ...(rest.length === symbols.length ? [{ field: 'body.move.symbol', expected: IN_LIST }] : []),
    ...(at < 0 ? [{ field: 'body.move.before', expected: `another ${IN_LIST}, or null for the end` }] : [])
  ]
  if (faults.length > 0) raise('invalid_request', 'The watchlist has no such symbols', faults)
  return rest.toSpliced(at, 0, symbol)
}

const IN_LIST = 'symbol of the watchlist'
