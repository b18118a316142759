import { basename } from 'node:path'
import { BarsError } from '../bars/bars-error.ts'
import { readTable } from '../bars/table.ts'
import { type Listing, PLAIN_TICKER } from './listing.ts'

/** A listing that may say what the company does. */
export interface SectorListing extends Listing {
  readonly sector: string | undefined
}

/**
 * Reads listings from CSV text with the columns `symbol`, `name` and optionally `sector`, in any order and case.
 * Rows without a plain ticker or a name are left out.
 *
 * @throws BarsError if the text is no CSV or a column is missing
 */
export function parseListings(text: string, path: string): SectorListing[] {
  const file = basename(path)
  const { header, rows } = readTable(text, file)
  const column = (name: string) => {
    const at = header.indexOf(name)
    if (at < 0) throw new BarsError(file, 1, name, `no such column in the header (${header.join(', ')})`)
    return at
  }
  const symbolAt = column('symbol')
  const nameAt = column('name')
  const sectorAt = header.indexOf('sector')
  return rows
    .map(({ cells }) => ({
      symbol: (cells[symbolAt] ?? '').toUpperCase(),
      name: cells[nameAt] ?? '',
      sector: cells[sectorAt] || undefined
    }))
    .filter(({ symbol, name }) => PLAIN_TICKER.test(symbol) && name !== '')
}
