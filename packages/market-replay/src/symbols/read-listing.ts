import { SymbolName } from '@tickstock/contracts'
import { CsvError, parse } from 'csv-parse/sync'
import { type ColumnsAt, splitHeader } from './listing-header.ts'
import type { ListingField, SymbolRow } from './symbol-row.ts'

/** A line that cannot be loaded, counted from 1 in the file, and why. */
interface BadLine {
  readonly line: number
  readonly reason: string
}

export interface Listing {
  readonly rows: readonly SymbolRow[]
  readonly badLines: readonly BadLine[]
  /** Columns of the file that a symbol has no place for. */
  readonly ignored: readonly string[]
}

interface Line {
  readonly line: number
  readonly cells: readonly string[]
}

/**
 * Reads a listing from CSV text: separated by comma, semicolon, tab or bar, its columns in any order and case and by any
 * of their usual names. A bad line is told and passed over.
 *
 * @throws ListingError when the text is no such table at all
 */
export function readListing(text: string): Listing {
  const { at, delimiter, width, ignored } = splitHeader(text)
  const badLines: BadLine[] = []
  const rows = new Map<string, { readonly row: SymbolRow; readonly line: number }>()

  for (const { line, cells } of linesOf(text, delimiter, badLines)) {
    if (cells.length !== width) {
      badLines.push({ line, reason: `${cells.length} columns, the header has ${width}` })
      continue
    }
    const row = rowOf(cells, at)
    const known = rows.get(row.symbol)
    const reason = known ? `${row.symbol} is in line ${known.line} already` : faultOf(row)
    if (reason === undefined) rows.set(row.symbol, { row, line })
    else badLines.push({ line, reason })
  }
  return {
    rows: Array.from(rows.values(), ({ row }) => row),
    badLines: badLines.sort((one, other) => one.line - other.line),
    ignored
  }
}

/**
 * The lines under the header that hold anything, each read by itself: a quote that is never closed would swallow all
 * that follow it. What is no CSV is passed over and told.
 */
function linesOf(text: string, delimiter: string, badLines: BadLine[]): Line[] {
  return text.split(/\r?\n|\r/).flatMap((record, at) => {
    const line = at + 1
    if (line === 1 || record.trim() === '') return []
    try {
      const [cells = []]: string[][] = parse(record, { delimiter, trim: true, relax_column_count: true })
      return cells.some(cell => cell !== '') ? [{ line, cells }] : []
    } catch (error) {
      if (!(error instanceof CsvError)) throw error
      badLines.push({ line, reason: `no CSV: ${error.message.replace(/ at line 1\b/, '')}` })
      return []
    }
  })
}

/** How sources write that they do not know. */
const UNKNOWN = new Set(['', '-', 'n/a', 'null', 'none'])

function rowOf(cells: readonly string[], at: ColumnsAt): SymbolRow {
  const text = (field: ListingField) => {
    const cell = cells[at[field] ?? -1]?.replaceAll(/\s+/g, ' ') ?? ''
    return UNKNOWN.has(cell.toLowerCase()) ? undefined : cell
  }
  return {
    symbol: cells[at.symbol]?.toUpperCase() ?? '',
    name: text('name') ?? '',
    market: text('market')?.toLowerCase(),
    exchange: text('exchange'),
    sector: text('sector'),
    industry: text('industry'),
    type: text('type')?.toLowerCase()
  }
}

const SYMBOL = new RegExp(SymbolName.pattern ?? '')
const LONGEST_NAME = 500
/** What a search takes as a filter. */
const LONGEST_DETAIL = 64

function faultOf({ symbol, name, ...details }: SymbolRow): string | undefined {
  if (symbol === '') return 'no symbol'
  if (!SYMBOL.test(symbol)) return `"${symbol.slice(0, 32)}" is no symbol: letters, digits and . - ^ = / up to 16`
  if (name === '') return `${symbol} has no name`
  if (name.length > LONGEST_NAME) return `the name of ${symbol} has more than ${LONGEST_NAME} characters`
  for (const [field, value] of Object.entries({ name, ...details })) {
    if (typeof value !== 'string') continue
    if (/[\p{Cc}\ufffd]/u.test(value))
      return `the ${field} of ${symbol} has characters that are none: is the file UTF-8?`
    if (field !== 'name' && value.length > LONGEST_DETAIL) {
      return `the ${field} of ${symbol} has more than ${LONGEST_DETAIL} characters`
    }
  }
  return undefined
}
