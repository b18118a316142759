import type { EventFilter, Pattern, PatternEvent } from '@tickstock/contracts'

export const detected = (symbol: string, offset: number): PatternEvent => ({
  id: `${symbol}-${offset}`,
  kind: 'pattern_expired',
  published_at: offset,
  pattern: {
    id: `${symbol}:Doji:daily:${offset}`,
    symbol,
    pattern: 'Doji',
    channel: 'daily',
    timeframe: 'daily',
    detected_at: offset
  }
})

const living = (symbol: string, offset: number): Pattern => ({
  ...detected(symbol, offset).pattern,
  confidence: 0.5,
  price: null,
  change: null,
  indicators: {},
  expires_at: offset + 3_600_000,
  updated_at: offset,
  synthetic: false
})

/** A log of one channel with all that it ever held, so that what an application saw can be held against it. */
export class ModelLog {
  readonly #lives: string[][] = [[]]
  /** Oldest offset that can be read. */
  first = 1
  /** What the one watchlist has. A is always on it. */
  watchlist: readonly string[] = ['A']
  /** How often it was edited. */
  edits = 0

  get epoch(): string {
    return `e${this.#lives.length}`
  }

  get top(): number {
    return this.#lives.at(-1)?.length ?? 0
  }

  append(symbol: string): void {
    this.#lives.at(-1)?.push(symbol)
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

  symbolsOf(filter: EventFilter | undefined): readonly string[] | undefined {
    return filter?.watchlist === undefined ? filter?.symbols : this.watchlist
  }

  /** Offsets of these symbols, after one and up to another, read or not. */
  matching(
    epoch: string,
    symbols: readonly string[] | undefined,
    after: number,
    upTo = Number.POSITIVE_INFINITY
  ): number[] {
    const life = this.#lives[Number(epoch.slice(1)) - 1] ?? []
    const passes = (symbol: string) => symbols?.includes(symbol) ?? true
    return life.flatMap((symbol, at) => (at + 1 > after && at + 1 <= upTo && passes(symbol) ? [at + 1] : []))
  }

  /** The newest of each symbol, as it was at an offset. */
  living(epoch: string, symbols: readonly string[] | undefined, at: number): Pattern[] {
    const bySymbol = new Map<string, Pattern>()
    for (const offset of this.matching(epoch, symbols, 0, at)) {
      const symbol = this.symbolAt(epoch, offset)
      bySymbol.set(symbol, living(symbol, offset))
    }
    return [...bySymbol.values()]
  }

  symbolAt(epoch: string, offset: number): string {
    return this.#lives[Number(epoch.slice(1)) - 1]?.[offset - 1] ?? ''
  }
}
