import type { EventChange, EventFilter, Pattern, PatternEvent } from '@tickstock/contracts'

/** What one event says. */
export interface Said {
  /** Default: 0.5. */
  readonly confidence?: number
  /** The pattern ends by it. */
  readonly ends?: boolean
  /** How much older it is than its place in the log. */
  readonly age?: number
}

/** A filter, as what it selects now. */
export interface Wanted {
  readonly symbols: readonly string[] | undefined
  readonly confidence_min: number
}

interface State {
  readonly moment: number
  /** Undefined: it has ended. */
  readonly pattern: Pattern | undefined
}

interface Entry {
  readonly event: PatternEvent
  /** When it was appended, ms by the server's clock. */
  readonly at: number
  readonly isLate: boolean
  /** Confidence of the live state that the event replaces or ends. */
  readonly before: number | undefined
  /** By symbol, what is known after it: each symbol has one pattern. */
  readonly known: ReadonlyMap<string, State>
}

/** An event of a pattern that is new at an offset. */
export const detected = (symbol: string, offset: number, { confidence = 0.5 }: Said = {}): PatternEvent => ({
  id: `${symbol}-${offset}`,
  kind: 'pattern_detected',
  published_at: offset,
  pattern: {
    id: `${symbol}:Doji:daily:1`,
    symbol,
    pattern: 'Doji',
    channel: 'daily',
    timeframe: 'daily',
    detected_at: 1,
    confidence,
    price: null,
    change: null,
    indicators: {},
    expires_at: offset + 3_600_000,
    updated_at: offset,
    synthetic: false
  }
})

/** A log of one channel with all that it ever held, so that what an application saw can be compared with it. */
export class ModelLog {
  readonly #clock: () => number
  readonly #lives: Entry[][] = [[]]
  /** Oldest offset that can be read. */
  first = 1
  /** What the one watchlist has. A is always on it. */
  watchlist: readonly string[] = ['A']
  /** How often it was edited. */
  edits = 0

  constructor(clock: () => number) {
    this.#clock = clock
  }

  get epoch(): string {
    return `e${this.#lives.length}`
  }

  get top(): number {
    return this.#lives.at(-1)?.length ?? 0
  }

  append(symbol: string, said: Said = {}): void {
    const known = this.#lives.at(-1)?.at(-1)?.known ?? new Map<string, State>()
    const state = known.get(symbol)
    const event = this.#event(symbol, state, said)
    const moment = event.published_at
    const isLate = state !== undefined && (state.pattern ? moment < state.moment : moment <= state.moment)
    const pattern = event.kind === 'pattern_expired' ? undefined : event.pattern
    const before = isLate ? undefined : state?.pattern?.confidence
    const after = isLate ? known : new Map([...known, [symbol, { moment, pattern }]])
    this.#lives.at(-1)?.push({ event, at: this.#clock(), isLate, before, known: after })
  }

  /** Retention cuts all but the newest. */
  trim(keep: number): void {
    this.first = Math.max(this.first, this.top - keep + 1)
  }

  reset(): void {
    this.#lives.push([])
    this.first = 1
  }

  edit(symbols: readonly string[]): void {
    this.watchlist = symbols
    this.edits += 1
  }

  wantedBy(filter: EventFilter | undefined): Wanted {
    const symbols = filter?.watchlist === undefined ? filter?.symbols : this.watchlist
    return { symbols, confidence_min: filter?.confidence_min ?? 0 }
  }

  /** Offsets that are delivered for a filter, after one and up to another, read or not. */
  matching(epoch: string, wanted: Wanted, after: number, upTo = Number.POSITIVE_INFINITY): number[] {
    const offsets = this.#life(epoch).map((_, at) => at + 1)
    return offsets.filter(at => at > after && at <= upTo && this.changeAt(epoch, at, wanted) !== 'nothing')
  }

  /** What an event changes for a filter; undefined: it matched before and matches now; `nothing`: it is not delivered. */
  changeAt(epoch: string, offset: number, { symbols, confidence_min }: Wanted): EventChange | 'nothing' | undefined {
    const { event, before, isLate } = this.entryAt(epoch, offset)
    if (symbols && !symbols.includes(event.pattern.symbol)) return 'nothing'
    const matches = event.kind !== 'pattern_expired' && event.pattern.confidence >= confidence_min
    const matched = before !== undefined && before >= confidence_min
    if (isLate) return matches || event.kind === 'pattern_expired' ? 'late' : 'nothing'
    if (event.kind === 'pattern_expired') return matched || before === undefined ? 'left' : 'nothing'
    if (matches) return matched ? undefined : 'entered'
    return matched ? 'left' : 'nothing'
  }

  /** What lives and matches at an offset. */
  living(epoch: string, { symbols, confidence_min }: Wanted, at: number): Pattern[] {
    const known = [...(this.#life(epoch)[at - 1]?.known.values() ?? [])]
    return known.flatMap(({ pattern }) => {
      const matches = pattern && (symbols?.includes(pattern.symbol) ?? true) && pattern.confidence >= confidence_min
      return matches ? [pattern] : []
    })
  }

  entryAt(epoch: string, offset: number): Entry {
    const entry = this.#life(epoch)[offset - 1]
    if (entry === undefined) throw new Error(`${epoch} has no ${offset}`)
    return entry
  }

  #event(symbol: string, state: State | undefined, { confidence, ends = false, age = 0 }: Said): PatternEvent {
    const { pattern, ...event } = detected(symbol, this.top + 1, { ...(confidence !== undefined && { confidence }) })
    const published_at = Math.max(0, event.published_at - age)
    if (ends) return { ...event, published_at, kind: 'pattern_expired', pattern }
    const kind = state === undefined ? 'pattern_detected' : 'pattern_updated'
    if (!('confidence' in pattern)) throw new Error('a detection has a whole pattern')
    return { ...event, published_at, kind, pattern: { ...pattern, updated_at: published_at } }
  }

  #life(epoch: string): readonly Entry[] {
    return this.#lives[Number(epoch.slice(1)) - 1] ?? []
  }
}
