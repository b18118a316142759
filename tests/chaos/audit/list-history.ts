import { isDeepStrictEqual } from 'node:util'
import type { ScanCriteria } from '@tickstock/contracts'
import type { Finding } from './finding.ts'

/** One state of a watchlist or a saved filter. Times are ms by the clock of `monotonicTime`. */
export interface ListVersion {
  readonly number: number
  /** Of a watchlist: its symbols alone. */
  readonly criteria: ScanCriteria
  /** When the edit was asked for: no subscription can use this version before. */
  readonly askedAt: number
  /** When the editor knew that the edit is done: a subscription that begins later uses this version or a newer one. */
  readonly answeredAt: number
}

/**
 * Every version of one list, in order. A list has a single editor, which names the version that an edit is based on. So of the edits
 * whose answers were lost at most one is in the next version, and its content tells which.
 */
export class ListHistory {
  readonly id: string
  readonly kind: 'watchlist' | 'filter'
  readonly user: string
  readonly findings: Finding[] = []
  readonly #versions: [ListVersion, ...ListVersion[]]
  /** Edits based on the newest version whose outcome is unknown. */
  #open: Pick<ListVersion, 'criteria' | 'askedAt'>[] = []

  constructor(about: Pick<ListHistory, 'id' | 'kind' | 'user'>, first: ListVersion) {
    this.id = about.id
    this.kind = about.kind
    this.user = about.user
    this.#versions = [first]
  }

  get versions(): readonly ListVersion[] {
    return this.#versions
  }

  get newest(): ListVersion {
    return this.#versions.at(-1) ?? this.#versions[0]
  }

  asks(criteria: ScanCriteria, askedAt: number): void {
    this.#open.push({ criteria, askedAt })
  }

  /** Takes what an answer says of the list: of an edit, or of a read after an edit whose answer was lost. */
  answers(number: number, criteria: ScanCriteria, answeredAt: number): void {
    const { newest } = this
    if (number === newest.number && isDeepStrictEqual(criteria, newest.criteria)) return
    const made = this.#open.find(edit => isDeepStrictEqual(edit.criteria, criteria))
    if (number === newest.number + 1 && made !== undefined) {
      this.#versions.push({ ...made, number, answeredAt })
      this.#open = []
      return
    }
    this.findings.push({
      kind: 'lost_edit',
      whose: `${this.kind} of ${this.user}`,
      detail: `version ${number} is ${JSON.stringify(criteria)}, after version ${newest.number} was ${JSON.stringify(newest.criteria)}`,
      events: 0
    })
  }

  /** Forgets versions that no subscription may use any more. @param before a time, ms */
  forget(before: number): void {
    while (this.#versions[1] !== undefined && this.#versions[1].answeredAt < before) this.#versions.splice(0, 1)
  }
}
