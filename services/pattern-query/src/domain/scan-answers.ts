import { hash } from 'node:crypto'
import type { PatternQuery } from './query.ts'
import type { PatternView } from './view/pattern-view.ts'

/** A scan, answered. */
export interface ScanAnswer {
  /** JSON of all but the last two fields, which tell how fresh it is. Bytes: encoding text while it was written took 40 % of a request. */
  readonly json: Buffer
  /** The same for the same scan at the same positions, on every replica. */
  readonly tag: string
}

/** Answers kept. A page has some 10 KB. */
const KEPT = 1_000

/** Answers scans from the view, and remembers the answers for as long as the view does not change. */
export class ScanAnswers {
  readonly #view: PatternView
  readonly #kept = new Map<string, ScanAnswer>()
  #version = -1

  constructor(view: PatternView) {
    this.#view = view
  }

  /**
   * @param text the query as it was written: equal text, equal answer
   * @param parse understands it; called only where the answer is not known
   * @returns undefined while the view is not built
   */
  answer(text: string, parse: () => PatternQuery): ScanAnswer | undefined {
    if (this.#version !== this.#view.version) {
      this.#kept.clear()
      this.#version = this.#view.version
    }
    const known = this.#kept.get(text)
    if (known) return known
    const answer = this.#scan(parse())
    if (answer && this.#kept.size < KEPT) this.#kept.set(text, answer)
    return answer
  }

  #scan(query: PatternQuery): ScanAnswer | undefined {
    const { positions } = this.#view
    if (!positions) return undefined
    const { total, rows } = this.#view.scan(query)
    const { page, perPage } = query
    const at = JSON.stringify(positions)
    const pages = Math.ceil(total / perPage)
    return {
      json: Buffer.from(
        `{"patterns":[${rows.join(',')}],"page":${page},"per_page":${perPage},"total":${total},"pages":${pages},"positions":${at}`
      ),
      tag: hash('sha1', `${at}${JSON.stringify(query)}`, 'base64url')
    }
  }
}
