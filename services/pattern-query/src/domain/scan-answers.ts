import type { Positions } from '@tickstock/contracts'
import { sinceText, writeCursor } from './cursor.ts'
import { displayRow } from './display-row.ts'
import { fingerprintOf } from './fingerprint.ts'
import { Generations } from './generations.ts'
import type { PatternQuery } from './query.ts'
import { selectionText } from './selection.ts'
import { listOf } from './view/live-state.ts'
import type { PatternView, ScanResult } from './view/pattern-view.ts'

/** A scan, answered. */
export interface ScanAnswer {
  /** JSON of all but the positions and how fresh it is, which go on changing while the rows stay. ASCII. */
  readonly head: string
  /** JSON of the positions: those at the first page of a walk by cursor, else those of the view now. */
  readonly tail: string
  /** The same for the same rows, on every replica; another each {@link REMEMBERED}, so that nobody keeps ancient positions. */
  readonly tag: string
}

/** A scan that was understood, and what is remembered of it. Equal scans are one object while it is known. */
export class PreparedScan {
  readonly query: PatternQuery
  /** The answer that was found last. */
  found: Found | undefined

  constructor(query: PatternQuery) {
    this.query = query
  }
}

interface Found {
  readonly head: string
  /** When the walk began that the head's cursor continues. */
  readonly since: Positions
  readonly tag: string
  /** Changes of the view when it was found, or last known to hold. */
  changes: number
  readonly until: number
}

/** Where the logs stood at a version of the view, as answers and as cursors say it. */
interface SaidPositions {
  readonly version: number
  readonly positions: Positions
  readonly field: string
  readonly since: string
}

/** Longest that an answer is remembered, ms. */
const REMEMBERED = 30_000

/** How a dashboard's texts age, ms: they tell seconds. */
const DISPLAY_REMEMBERED = 1_000

/** Scans known in each of two generations. An answer has some 10 KB. */
const SCANS = 1_000

/** Answers scans from the view, and remembers the answers until a change touches them, at most half a minute. */
export class ScanAnswers {
  readonly #view: PatternView
  readonly #scans = new Generations<string, PreparedScan>(SCANS)
  #said: SaidPositions | undefined
  #answered = 0
  #remembered = 0

  constructor(view: PatternView) {
    this.#view = view
  }

  /** Scans answered, since the start. */
  get answered(): number {
    return this.#answered
  }

  /** Those of them that were known already. */
  get remembered(): number {
    return this.#remembered
  }

  prepare(query: PatternQuery): PreparedScan {
    const key = keyOf(query)
    const known = this.#scans.get(key)
    if (known) return known
    const scan = new PreparedScan(query)
    this.#scans.set(key, scan)
    return scan
  }

  /**
   * @param now ms
   * @returns undefined while the view is not built
   * @throws ProblemError invalid_request for a cursor that leads nowhere now
   */
  answer(scan: PreparedScan, now: number): ScanAnswer | undefined {
    const { query } = scan
    let { found } = scan
    this.#answered++
    if (found && this.#holds(found, query, now)) this.#remembered++
    else found = scan.found = this.#find(query, now)
    if (!found) return undefined
    const { cursor } = query
    return {
      head: found.head,
      tag: found.tag,
      tail: cursor ? positionsField(cursor.since) : (this.#positions()?.field ?? '')
    }
  }

  #holds(found: Found, query: PatternQuery, now: number): boolean {
    const { changes } = this.#view
    // A cursor that is refused would be given again and again.
    if (now >= found.until || !this.#view.remembers(found.since)) return false
    if (found.changes === changes) return true
    if (query.cursor || this.#view.touched(query, found.changes)) return false
    found.changes = changes
    return true
  }

  #find(query: PatternQuery, now: number): Found | undefined {
    const { changes } = this.#view
    const positions = this.#positions()
    if (!positions) return undefined
    const result = this.#view.scan(query)
    const { page, perPage, cursor, view } = query
    const pages = Math.ceil(result.total / perPage)
    const rows =
      view === 'full'
        ? listOf(result.rows)
        : result.rows.map(({ pattern }) => JSON.stringify(displayRow(pattern, now))).join(',')
    const next = cursorAfter(query, result, cursor ? sinceText(cursor.since) : positions.since)
    const period = Math.floor(now / REMEMBERED)
    return {
      since: cursor?.since ?? positions.positions,
      head: `{"patterns":[${rows}],"page":${page},"per_page":${perPage},"total":${result.total},"pages":${pages},"next_cursor":${next}`,
      tag: view === 'full' ? tagOf(result, period) : fingerprintOf(`${rows}${result.total} ${period}`),
      changes,
      until: view === 'display' ? now + DISPLAY_REMEMBERED : (period + 1) * REMEMBERED
    }
  }

  /** Written once for all answers of a version of the view. */
  #positions(): SaidPositions | undefined {
    const { version } = this.#view
    if (this.#said?.version === version) return this.#said
    const { positions } = this.#view
    if (!positions) return undefined
    this.#said = { version, positions, field: positionsField(positions), since: sinceText(positions) }
    return this.#said
  }
}

/** A short name of a result: the same for the same rows in the same order of as many matches. @param salt makes it another */
function tagOf({ rows, total }: ScanResult, salt: number): string {
  let first = total | 0
  let second = salt | 0
  for (const { hash } of rows) {
    first = Math.imul(first ^ hash, 0x01000193)
    second = Math.imul(second ^ hash, 0x85ebca6b)
    second ^= second >>> 15
  }
  return `${(first >>> 0).toString(36)}-${(second >>> 0).toString(36)}`
}

function cursorAfter(query: PatternQuery, { last, more }: ScanResult, since: string): string {
  if (!last || !more) return 'null'
  const { page, perPage } = query
  return `"${writeCursor({ page: page + 1, value: last.value, id: last.id }, since, query, perPage)}"`
}

const positionsField = (positions: Positions): string => `,"positions":${JSON.stringify(positions)}`

/** Equal scans have equal keys, and no others. */
const keyOf = (query: PatternQuery): string =>
  `${query.view} ${query.page} ${query.perPage} ${query.cursor ? JSON.stringify(query.cursor) : ''} ${selectionText(query)}`
