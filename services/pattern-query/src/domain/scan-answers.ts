import { type Cursor, writeCursor } from './cursor.ts'
import { displayRow } from './display-row.ts'
import { fingerprintOf } from './fingerprint.ts'
import type { PatternQuery } from './query.ts'
import { selectionText } from './selection.ts'
import type { PatternView, ScanResult } from './view/pattern-view.ts'

/** A scan, answered. */
export interface ScanAnswer {
  /** JSON of all but `positions` and how fresh it is, which go on changing while the rows stay. ASCII. */
  readonly head: string
  /** JSON of the positions at the first page of the walk; undefined: those of the view. */
  readonly positions: string | undefined
  /** The same for the same rows, on every replica. */
  readonly tag: string
}

/** How a dashboard's texts age, ms: they tell seconds. */
const DISPLAY_LIVES = 1_000

/** Answers kept. A page has some 10 KB. */
const KEPT = 1_000

interface Kept {
  readonly answer: ScanAnswer
  readonly version: number
  readonly until: number
}

/** Longest that an answer is remembered, ms. */
const REMEMBERED = 30_000

/** Answers scans from the view, and remembers the answers until the view changes in a way that touches them, at most half a minute. */
export class ScanAnswers {
  readonly #view: PatternView
  readonly #kept = new Map<string, Kept>()
  /** Since the start. */
  answered = 0
  remembered = 0

  constructor(view: PatternView) {
    this.#view = view
  }

  /**
   * @param now ms
   * @returns undefined while the view is not built
   * @throws ProblemError invalid_request for a cursor that leads nowhere now
   */
  answer(query: PatternQuery, now: number): ScanAnswer | undefined {
    this.answered++
    const key = keyOf(query)
    const known = this.#kept.get(key)
    if (known && known.version === this.#view.version && now < known.until) {
      this.remembered++
      return known.answer
    }
    const answer = this.#scan(query, now)
    if (answer) this.#keep(key, { answer, version: this.#view.version, until: now + livesOf(query) })
    return answer
  }

  #keep(key: string, kept: Kept) {
    const oldest = this.#kept.size >= KEPT ? this.#kept.keys().next().value : undefined
    if (oldest !== undefined) this.#kept.delete(oldest)
    this.#kept.set(key, kept)
  }

  #scan(query: PatternQuery, now: number): ScanAnswer | undefined {
    const { positions } = this.#view
    if (!positions) return undefined
    const found = this.#view.scan(query)
    const { total, slots } = found
    const rows =
      query.view === 'full' ? slots.map(slot => this.#view.rowAt(slot)) : slots.map(slot => this.#displayed(slot, now))
    const { page, perPage, cursor } = query
    const next = this.#cursorAfter(query, found, cursor?.since ?? positions)
    const body = `{"patterns":[${rows.join(',')}],"page":${page},"per_page":${perPage},"total":${total},"pages":${Math.ceil(total / perPage)}`
    return {
      head: `${body},"next_cursor":${next}`,
      positions: cursor && JSON.stringify(cursor.since),
      tag: fingerprintOf(body)
    }
  }

  #displayed(slot: number, now: number): string {
    const pattern = this.#view.patternAt(slot)
    return pattern ? JSON.stringify(displayRow(pattern, now)) : ''
  }

  #cursorAfter(query: PatternQuery, { last, more }: ScanResult, since: Cursor['since']): string {
    if (!last || !more) return 'null'
    return `"${writeCursor({ ...last, page: query.page + 1, since }, query, query.perPage)}"`
  }
}

const livesOf = ({ view }: PatternQuery): number => (view === 'display' ? DISPLAY_LIVES : REMEMBERED)

/** Equal scans have equal keys, and no others. */
const keyOf = (query: PatternQuery): string =>
  `${query.view} ${query.page} ${query.perPage} ${query.cursor ? JSON.stringify(query.cursor) : ''} ${selectionText(query)}`
