import type { Bar } from './bar.ts'
import { BarsError } from './bars-error.ts'
import { type Row, readTable } from './table.ts'

const TIME_COLUMNS = ['date', 'time', 'timestamp'] as const
const ADJUSTED_COLUMNS = ['adjusted_close', 'adjclose', 'adj_close', 'adj close'] as const

/** The largest jump of a file's own adjustment that is still taken for a dividend, not a split. */
const DIVIDEND_LIMIT = 0.2

/**
 * Reads bars from CSV text with a header, in any order of columns and case of names:
 * `date|time|timestamp`, `open`, `high`, `low`, `close`, and optionally `adjusted_close`, `volume`, `split`.
 *
 * Prices come out adjusted for splits, volumes inversely. Where `split` is given (2 = two for one, on its first day;
 * 0 and 1 = none) it says how;
 * where only `adjusted_close` is, the steps of its ratio to `close` above 20 % are splits. Dividends are left in:
 * patterns are about traded prices.
 *
 * @param text the whole file
 * @param file its name, for errors
 * @throws BarsError on a missing column, an unreadable value, a bar whose low or high does not enclose it, or times
 * out of order
 */
export function parseBars(text: string, file: string): Bar[] {
  const { header, rows } = readTable(text, file)
  const find = (names: readonly string[]) => header.findIndex(name => names.includes(name))
  const need = (names: readonly string[]) => {
    const at = find(names)
    if (at < 0) throw new BarsError(file, 1, names.join('|'), `no such column in the header (${header.join(', ')})`)
    return at
  }
  const timeAt = need(TIME_COLUMNS)
  const openAt = need(['open'])
  const highAt = need(['high'])
  const lowAt = need(['low'])
  const closeAt = need(['close'])
  const volumeAt = find(['volume'])
  const splitAt = find(['split'])
  const adjustedAt = find(ADJUSTED_COLUMNS)

  const number = (row: Row, at: number, minimum: number): number => {
    const cell = row.cells[at] ?? ''
    const value = cell === '' ? Number.NaN : Number(cell)
    if (Number.isFinite(value) && value >= minimum) return value
    throw new BarsError(file, row.line, header[at] ?? '', `'${cell}' is not a number of at least ${minimum}`)
  }

  const raw = rows.map(row => {
    const bar: Bar = {
      time: readTime(row, timeAt, file, header),
      open: number(row, openAt, Number.MIN_VALUE),
      high: number(row, highAt, Number.MIN_VALUE),
      low: number(row, lowAt, Number.MIN_VALUE),
      close: number(row, closeAt, Number.MIN_VALUE),
      volume: volumeAt < 0 ? Number.NaN : number(row, volumeAt, 0)
    }
    checkEnclosed(bar, row, file)
    const split = splitAt < 0 ? undefined : number(row, splitAt, 0) || 1
    const adjusted = adjustedAt < 0 ? undefined : number(row, adjustedAt, Number.MIN_VALUE)
    return { bar, line: row.line, split, ratio: adjusted === undefined ? undefined : adjusted / bar.close }
  })

  raw.forEach(({ bar, line }, at) => {
    const before = raw[at - 1]
    if (before && before.bar.time >= bar.time) {
      throw new BarsError(file, line, header[timeAt] ?? '', 'not later than the bar before it')
    }
  })
  return adjustForSplits(raw)
}

/** Dates and date-times without a zone are UTC; whole numbers are seconds, or milliseconds from 10^11 on. */
function readTime(row: Row, at: number, file: string, header: readonly string[]): number {
  const cell = row.cells[at] ?? ''
  const fail = (): never => {
    throw new BarsError(file, row.line, header[at] ?? '', `'${cell}' is not a date or a time`)
  }
  if (/^\d{9,}$/.test(cell)) return Number(cell) >= 1e11 ? Number(cell) : Number(cell) * 1000
  if (!/^\d{4}-\d{2}-\d{2}/.test(cell)) return fail()
  const zoned = /(Z|[+-]\d{2}:?\d{2})$/i.test(cell) || cell.length === 10
  const time = Date.parse(zoned ? cell : `${cell.replace(' ', 'T')}Z`)
  return Number.isNaN(time) ? fail() : time
}

function checkEnclosed(bar: Bar, row: Row, file: string): void {
  if (bar.low > Math.min(bar.open, bar.close, bar.high)) {
    throw new BarsError(file, row.line, 'low', `${bar.low} is above another price of its bar`)
  }
  if (bar.high < Math.max(bar.open, bar.close)) {
    throw new BarsError(file, row.line, 'high', `${bar.high} is below another price of its bar`)
  }
}

interface RawBar {
  readonly bar: Bar
  readonly split: number | undefined
  readonly ratio: number | undefined
}

/** Walks back from the newest bar, whose prices stand as they are. */
function adjustForSplits(raw: readonly RawBar[]): Bar[] {
  let factor = 1
  return raw
    .map((row, at) => ({ row, next: raw[at + 1] }))
    .reverse()
    .map(({ row: { bar, ratio }, next }) => {
      if (next?.split !== undefined) factor /= next.split
      else if (next?.ratio !== undefined && ratio !== undefined) {
        const step = ratio / next.ratio
        if (Math.abs(Math.log(step)) > DIVIDEND_LIMIT) factor *= step
      }
      return factor === 1 ? bar : scaled(bar, factor)
    })
    .reverse()
}

const scaled = (bar: Bar, factor: number): Bar => ({
  time: bar.time,
  open: bar.open * factor,
  high: bar.high * factor,
  low: bar.low * factor,
  close: bar.close * factor,
  volume: bar.volume / factor
})
