import type { ExportFormat } from '@tickstock/contracts'
import type { PatternSelection } from '../selection.ts'
import { rowOf } from '../view/live-state.ts'
import type { PatternView } from '../view/pattern-view.ts'
import { csvHeader, csvLine } from './csv.ts'

/** Patterns of one piece. Making one takes 0.1 ms as NDJSON and 0.5 ms as CSV: what else waits for the process waits no longer. */
const PIECE = 200

/**
 * All patterns that a selection finds now, in its order, piece by piece. What is found is held from the first to the last piece, so that what happens
 * meanwhile changes nothing: one reference a pattern.
 */
export function exported(view: PatternView, selection: PatternSelection, format: ExportFormat): Iterable<string> {
  const { rows } = view.scan({ ...selection, view: 'full', page: 1, perPage: Math.max(1, view.size) })
  if (format === 'ndjson') return pieces(rows, row => `${rowOf(row)}\n`, '')
  return pieces(rows, ({ pattern }) => csvLine(pattern), csvHeader())
}

function* pieces<Item>(items: readonly Item[], line: (item: Item) => string, header: string): Generator<string> {
  let piece = header
  for (let at = 0; at < items.length; at += PIECE) {
    for (const item of items.slice(at, at + PIECE)) piece += line(item)
    yield piece
    piece = ''
  }
  if (piece !== '') yield piece
}
