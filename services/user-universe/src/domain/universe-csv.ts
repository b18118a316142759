import { checkOf, type FieldError, FiledFilter, raise, type UniverseFile, WatchlistDraft } from '@tickstock/contracts'
import { CsvError, parse } from 'csv-parse/sync'
import type { PlacedFile } from './placed-file.ts'

const COLUMNS = ['kind', 'name', 'symbols', 'criteria', 'watchlist', 'is_default'] as const

/** RFC 4180, with a header; symbols are separated by blanks, criteria are JSON. */
export function writeCsv({ watchlists, filters }: UniverseFile): string {
  const lines = [
    [...COLUMNS],
    ...watchlists.map(({ name, symbols }) => ['watchlist', name, symbols.join(' '), '', '', '']),
    ...filters.map(({ name, criteria, watchlist = '', is_default = false }) => {
      return ['filter', name, '', JSON.stringify(criteria), watchlist, `${is_default}`]
    })
  ]
  return lines.map(cells => `${cells.map(encoded).join(',')}\r\n`).join('')
}

/**
 * Reads what {@link writeCsv} writes, with its columns in any order.
 *
 * @throws ProblemError `invalid_request`, naming every line that cannot be read
 */
export function readCsv(text: string): PlacedFile {
  const faults: FieldError[] = []
  const file: PlacedFile = { watchlists: [], filters: [] }
  const [header = [], ...rows] = cellsOf(text)
  const at = new Map(header.map((name, column) => [name.toLowerCase(), column]))
  for (const column of COLUMNS.slice(0, 2)) {
    if (!at.has(column))
      raise('invalid_request', `The CSV has no column ${column}`, [{ field: 'line 1', expected: HEADER }])
  }

  rows.forEach((cells, index) => {
    if (cells.every(cell => cell === '')) return
    const place = `line ${index + 2}`
    const cell = (column: (typeof COLUMNS)[number]) => decoded(cells[at.get(column) ?? -1] ?? '')
    const kind = cell('kind').toLowerCase()
    if (kind === 'watchlist') {
      const item = { name: cell('name'), symbols: cell('symbols').split(/\s+/).filter(Boolean) }
      if (watchlists.accepts(item)) file.watchlists.push({ place, item })
      else faults.push(faultOf(place, watchlists.fault(item)))
    } else if (kind === 'filter') {
      const watchlist = cell('watchlist')
      const item = {
        name: cell('name'),
        criteria: parsed(cell('criteria') || '{}'),
        ...(watchlist && { watchlist }),
        is_default: flag(cell('is_default'))
      }
      if (filters.accepts(item)) file.filters.push({ place, item })
      else faults.push(faultOf(place, filters.fault(item)))
    } else faults.push({ field: `${place}, kind`, expected: 'watchlist or filter' })
  })
  if (faults.length > 0) raise('invalid_request', 'The file has lines that cannot be read', faults)
  return file
}

const watchlists = checkOf(WatchlistDraft)
const filters = checkOf(FiledFilter)
const HEADER = `a header with the columns ${COLUMNS.join(', ')}`

function cellsOf(text: string): string[][] {
  try {
    return parse(text, { bom: true, relax_column_count: true, relax_quotes: true })
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    return raise('invalid_request', 'The body is no CSV', [{ field: 'body', expected: `CSV: ${error.message}` }])
  }
}

const faultOf = (place: string, fault: { path: string; message: string } | undefined): FieldError => ({
  field: [place, ...(fault?.path.split('/').slice(1) ?? [])].join(', '),
  expected: fault?.message ?? 'an item'
})

/** What is no JSON is no criteria, which the schema then says. */
function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch (error) {
    if (error instanceof SyntaxError) return json
    throw error
  }
}

const flag = (text: string): unknown => ({ true: true, false: false, '': false })[text.toLowerCase()] ?? text

/** What spreadsheets take for a formula, and the sign that keeps them from it. */
const FORMULA = /^[=+\-@\t\r']/

const encoded = (cell: string): string => {
  const text = FORMULA.test(cell) ? `'${cell}` : cell
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

const decoded = (cell: string): string => (/^'[=+\-@\t\r']/.test(cell) ? cell.slice(1) : cell)
