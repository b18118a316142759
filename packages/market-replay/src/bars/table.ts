import { parse } from 'csv-parse/sync'
import { BarsError } from './bars-error.ts'

export interface Row {
  /** In the file, counted from 1. */
  readonly line: number
  readonly cells: readonly string[]
}

/**
 * The rows of a CSV text under its header, whose names come out in lower case. Empty rows are left out. @throws
 * BarsError
 */
export function readTable(text: string, file: string): { header: string[]; rows: Row[] } {
  const [first, ...rest] = cellsOf(text, file)
  if (!first || first.every(cell => cell === '')) throw new BarsError(file, 1, 'header', 'the file is empty')
  const rows = rest.map((cells, at) => ({ cells, line: at + 2 })).filter(({ cells }) => cells.some(cell => cell !== ''))
  return { header: first.map(name => name.toLowerCase()), rows }
}

function cellsOf(text: string, file: string): string[][] {
  try {
    return parse(text, { bom: true, trim: true, relax_column_count: true })
  } catch (error) {
    throw new BarsError(file, 0, 'csv', error instanceof Error ? error.message : String(error))
  }
}
