import type { LogEntry, Pattern } from '@tickstock/contracts'

/** What an entry of the log does to what is live. */
export interface Effect {
  /** The live pattern as it was, which the event replaces or ends. */
  readonly before?: Pattern
  /** The event is older than what is known of its pattern: it changes nothing. */
  readonly isLate: boolean
}

interface State {
  readonly moment: number
  /** undefined: it has ended. */
  readonly pattern: Pattern | undefined
  /** Of the log. */
  readonly endedAt: number
}

/** An end is remembered for so long, ms of the log's time. */
const REMEMBERED = 3_600_000

/** The patterns of one channel that are live, as the log says it: the protocol's rules once more, apart from the code of the services. */
export class LivePatterns {
  readonly #states: Map<string, State>
  #time: number

  /** @param from begins with what is live there */
  constructor(from?: LivePatterns) {
    this.#states = new Map(from === undefined ? [] : from.#states)
    this.#time = from === undefined ? 0 : from.#time
  }

  /** Entries come in the order of the log. */
  apply({ event, appendedAt }: LogEntry): Effect {
    this.#time = Math.max(this.#time, appendedAt)
    const { id } = event.pattern
    const known = this.#known(id)
    const moment = event.kind === 'pattern_expired' ? (event.ends ?? event.published_at) : event.published_at
    const isNews =
      known === undefined || moment > known.moment || (moment === known.moment && known.pattern !== undefined)
    if (!isNews) return { isLate: true }
    const pattern = event.kind === 'pattern_expired' ? undefined : event.pattern
    this.#states.set(id, { moment, pattern, endedAt: this.#time })
    return { ...(known?.pattern && { before: known.pattern }), isLate: false }
  }

  *patterns(): Iterable<Pattern> {
    for (const { pattern } of this.#states.values()) if (pattern !== undefined) yield pattern
  }

  #known(id: string): State | undefined {
    const known = this.#states.get(id)
    const isForgotten = known?.pattern === undefined && this.#time - (known?.endedAt ?? 0) > REMEMBERED
    return isForgotten ? undefined : known
  }
}
