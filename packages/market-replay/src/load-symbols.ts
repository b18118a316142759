import { symbolsOfFolder } from './bars/folder.ts'
import { INDEX_NAME, INDEX_SYMBOL } from './bars/index-series.ts'
import type { SymbolRow } from './symbols/symbol-row.ts'
import { withSymbols } from './symbols/symbols-client.ts'
import { type Loaded, writeSymbols } from './symbols/symbols-table.ts'
import { readListings } from './universe/listing.ts'

/**
 * Loads the symbols that the project brings into the table `symbols`: the real listings with their names, and the index
 * (`SPX`). Repeating it changes nothing, and a name that is there already stays: somebody's own listing knows better.
 *
 * Every row is a real listing; `synthetic` says of its price series that it is derived: of all but the index and the
 * symbols with bars of their own.
 *
 * @param bars folder of real bars
 * @throws pg's errors, and BarsError for the folder
 */
export async function loadSymbols(database: string, bars?: string): Promise<Loaded> {
  const rows = [...broughtSymbols(bars).values()]
  return withSymbols(database, { keep: true }, client => writeSymbols(client, rows, { renames: false }))
}

function broughtSymbols(bars: string | undefined): Map<string, SymbolRow> {
  const rows = new Map<string, SymbolRow>()
  for (const { symbol, name } of readListings()) rows.set(symbol, { symbol, name, synthetic: true })
  for (const symbol of bars === undefined ? [] : symbolsOfFolder(bars)) {
    const name = rows.get(symbol)?.name ?? symbol
    rows.set(symbol, { symbol, name, synthetic: false })
  }
  return rows.set(INDEX_SYMBOL, {
    symbol: INDEX_SYMBOL,
    name: INDEX_NAME,
    market: 'indices',
    type: 'index',
    synthetic: false
  })
}
