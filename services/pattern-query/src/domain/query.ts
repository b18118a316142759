import type { ScanQuery, ScanView } from '@tickstock/contracts'
import { type Cursor, readCursor } from './cursor.ts'
import { type PatternSelection, parseSelection, type Resolved, refuseQuery } from './selection.ts'

/** A page of them. */
export interface PatternQuery extends PatternSelection {
  readonly view: ScanView
  /** Counted from 1. */
  readonly page: number
  readonly perPage: number
  /** Goes on after the row that it names; `page` is then the cursor's. */
  readonly cursor?: Cursor
}

/**
 * Understands the query of a scan. Nothing is clamped: what cannot be meant is refused.
 *
 * @throws ProblemError invalid_request, naming every field that is wrong
 */
export function parseScan(query: ScanQuery, resolved: Resolved = {}): PatternQuery {
  const selection = parseSelection(query, resolved)
  const page = pageOf(query)
  if (query.cursor === undefined) return { ...selection, ...page }
  if (query.page !== undefined) refuseQuery([{ field: 'query.page', expected: 'not to be there beside a cursor' }])
  const cursor = readCursor(query.cursor, selection, page.perPage)
  return { ...selection, ...page, page: cursor.page, cursor }
}

/** Which page a query asks for, where no cursor says so. */
export const pageOf = ({
  view = 'full',
  page = 1,
  per_page: perPage = 30
}: ScanQuery): Pick<PatternQuery, 'view' | 'page' | 'perPage'> => ({ view, page, perPage })
