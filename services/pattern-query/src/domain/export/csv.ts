import type { Pattern } from '@tickstock/contracts'

type Cell = string | number | boolean | null | undefined

const time = (ms: number | undefined): string | undefined => (ms === undefined ? undefined : new Date(ms).toISOString())

/** What a CSV has of a pattern, in this order. What producers say besides (`extra`, indicators of their own) is in NDJSON alone: columns stay the same. */
const COLUMNS: readonly (readonly [name: string, cell: (pattern: Pattern) => Cell])[] = [
  ['id', ({ id }) => id],
  ['symbol', ({ symbol }) => symbol],
  ['pattern', ({ pattern }) => pattern],
  ['channel', ({ channel }) => channel],
  ['timeframe', ({ timeframe }) => timeframe],
  ['detected_at', ({ detected_at }) => time(detected_at)],
  ['confidence', ({ confidence }) => confidence],
  ['price', ({ price }) => price],
  ['change', ({ change }) => change],
  ['relative_strength', ({ indicators }) => indicators.relative_strength],
  ['relative_volume', ({ indicators }) => indicators.relative_volume],
  ['rsi', ({ indicators }) => indicators.rsi],
  ['expires_at', ({ expires_at }) => time(expires_at)],
  ['updated_at', ({ updated_at }) => time(updated_at)],
  ['synthetic', ({ synthetic }) => synthetic],
  ['replayed_from', ({ replayed_from }) => time(replayed_from)]
]

/** RFC 4180: lines end so, the last one too. */
const END = '\r\n'

export const csvHeader = (): string => COLUMNS.map(([name]) => name).join(',') + END

/** A line of RFC 4180; empty for what is not known. */
export const csvLine = (pattern: Pattern): string => COLUMNS.map(([, cell]) => encoded(cell(pattern))).join(',') + END

/** What spreadsheets run: a text that begins so is a formula to them. A number is none, even a negative one. */
const FORMULA = /^[=+\-@\t\r]/

const QUOTED = /[",\r\n]/

function encoded(cell: Cell): string {
  if (cell === null || cell === undefined) return ''
  if (typeof cell !== 'string') return String(cell)
  // The apostrophe is what spreadsheets themselves take for "this is text" (OWASP, CSV injection).
  const text = FORMULA.test(cell) ? `'${cell}` : cell
  return QUOTED.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
