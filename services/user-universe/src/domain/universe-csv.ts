import {
  checkOf,
  type FieldError,
  FiledFilter,
  raise,
  SAVED_FILTER_LIMITS,
  type UniverseFile,
  WATCHLIST_LIMITS,
  WatchlistDraft
} from '@tickstock/contracts'
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
  if (faults.length > 0) {
    const detail = `${faults.length} lines of the file cannot be read`
    raise('invalid_request', detail, faults.slice(0, MOST.faults))
  }
  within(file.watchlists.length, WATCHLIST_LIMITS.perUser, 'watchlists')
  within(file.filters.length, SAVED_FILTER_LIMITS.perUser, 'saved filters')
  return file
}

const watchlists = checkOf(WatchlistDraft)
const filters = checkOf(FiledFilter)
const HEADER = `a header with the columns ${COLUMNS.join(', ')}`

/**
 * Of what can be taken there is less: 200 items of six cells. 2 MB of line ends took a replica ten seconds to read, in which it answered nobody.
 */
const MOST = { lines: 5_000, cells: 100, record: 256 * 1024, faults: 200 } as const

function on_record(cells: string[], { records }: { readonly records: number }): string[] {
  if (records <= MOST.lines && cells.length <= MOST.cells) return cells
  return raise('invalid_request', 'The file is too large', [
    { field: 'body', expected: `at most ${MOST.lines} lines of ${MOST.cells} cells` }
  ])
}

function cellsOf(text: string): string[][] {
  try {
    return parse(text, {
      bom: true,
      relax_column_count: true,
      relax_quotes: true,
      max_record_size: MOST.record,
      on_record
    })
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    return raise('invalid_request', 'The body is no CSV', [{ field: 'body', expected: `CSV: ${error.message}` }])
  }
}

/** Before any is written: thousands would keep a connection to Postgres, and their user's other writes, for seconds. */
function within(count: number, limit: number, what: string): void {
  if (count > limit) raise('limit_reached', `the file has ${count} ${what}; the limit is ${limit}`)
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
