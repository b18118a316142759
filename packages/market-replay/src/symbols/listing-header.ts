import { parse } from 'csv-parse/sync'
import { LISTING_COLUMNS, LISTING_FIELDS, type ListingField } from './symbol-row.ts'

/** A file is no listing. The message is for the operator. */
export class ListingError extends Error {
  override readonly name = 'ListingError'
}

/** Where each field stands in a line; a listing has at least symbol and name. */
export type ColumnsAt = Readonly<Partial<Record<ListingField, number>>> & {
  readonly symbol: number
  readonly name: number
}

export interface Header {
  readonly at: ColumnsAt
  readonly delimiter: string
  /** How many columns there are. */
  readonly width: number
  readonly ignored: readonly string[]
}

const DELIMITERS = [',', ';', '\t', '|']

/** @throws ListingError when the first line names no symbols or no names */
export function splitHeader(text: string): Header {
  const [first = ''] = text.replace(/^\ufeff/, '').split(/\r?\n|\r/, 1)
  const delimiter = DELIMITERS.reduce((best, other) => (count(first, other) > count(first, best) ? other : best))
  const names = cellsOf(first, delimiter)
  const folded = names.map(name => name.toLowerCase().replaceAll(/[^a-z0-9]/g, ''))
  const at: Partial<Record<ListingField, number>> = {}
  for (const field of LISTING_FIELDS) {
    const column = LISTING_COLUMNS[field].map(alias => folded.indexOf(alias)).find(column => column >= 0)
    if (column !== undefined) at[field] = column
  }
  const { symbol, name } = at
  if (symbol === undefined) throw missing('symbol', names)
  if (name === undefined) throw missing('name', names)
  const used = new Set(Object.values(at))
  return {
    at: { ...at, symbol, name },
    delimiter,
    width: names.length,
    ignored: names.filter((_, column) => !used.has(column))
  }
}

function cellsOf(line: string, delimiter: string): string[] {
  const [cells = []]: string[][] = parse(line, { delimiter, trim: true, relax_quotes: true })
  return cells
}

const count = (text: string, part: string): number => text.split(part).length

function missing(field: 'symbol' | 'name', names: readonly string[]): ListingError {
  const found = names.join(', ').slice(0, 200) || 'nothing'
  return new ListingError(
    `the first line has no column for the ${field} (${LISTING_COLUMNS[field].join(', ')}), but: ${found}`
  )
}
