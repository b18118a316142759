import { isChannel, type Pattern } from '@tickstock/contracts'
import type { PatternSelection } from '../selection.ts'
import { SlotIndex, type SlotSet } from './slot-set.ts'
import { type TypeTotal, TypeTotals } from './type-totals.ts'

/** Slots by what a pattern is called: each pattern stands in one set of each index. */
export class NameIndexes {
  readonly #patterns = new SlotIndex()
  readonly #symbols = new SlotIndex()
  readonly #timeframes = new SlotIndex()
  readonly #channels = new SlotIndex()
  readonly #sectors = new SlotIndex()
  readonly #types = new TypeTotals()
  /** Symbol, upper case → sector, lower case. */
  #sectorOf: ReadonlyMap<string, string> = new Map()

  add(slot: number, named: Pattern): void {
    const { pattern, symbol, timeframe, channel } = named
    this.#types.add(named)
    this.#patterns.add(pattern.toLowerCase(), slot)
    this.#symbols.add(symbol, slot)
    this.#timeframes.add(timeframe, slot)
    this.#channels.add(channel, slot)
    const sector = this.#sectorOf.get(symbol)
    if (sector !== undefined) this.#sectors.add(sector, slot)
  }

  delete(slot: number, named: Pattern): void {
    const { pattern, symbol, timeframe, channel } = named
    this.#types.delete(named)
    this.#patterns.delete(pattern.toLowerCase(), slot)
    this.#symbols.delete(symbol, slot)
    this.#timeframes.delete(timeframe, slot)
    this.#channels.delete(channel, slot)
    const sector = this.#sectorOf.get(symbol)
    if (sector !== undefined) this.#sectors.delete(sector, slot)
  }

  /**
   * Takes another table of sectors; only slots of symbols whose sector is another are moved.
   *
   * @param sectorOf symbol → sector, lower case
   * @returns whether any live pattern has another sector now
   */
  setSectors(sectorOf: ReadonlyMap<string, string>): boolean {
    const before = this.#sectorOf
    this.#sectorOf = sectorOf
    let moved = false
    this.#symbols.each((symbol, slots) => {
      const from = before.get(symbol)
      const to = sectorOf.get(symbol)
      if (from === to) return
      moved = true
      for (const slot of slots.values()) {
        if (from !== undefined) this.#sectors.delete(from, slot)
        if (to !== undefined) this.#sectors.add(to, slot)
      }
    })
    return moved
  }

  types(): TypeTotal[] {
    return this.#types.list()
  }

  /** How many slots each name has: as the index keeps it, sectors in lower case. */
  counts(index: 'symbols' | 'timeframes' | 'sectors'): { readonly name: string; readonly count: number }[] {
    const indexes = { symbols: this.#symbols, timeframes: this.#timeframes, sectors: this.#sectors }
    const counts: { name: string; count: number }[] = []
    indexes[index].each((name, { size }) => counts.push({ name, count: size }))
    return counts
  }

  /** Lower case. */
  sectorOf(symbol: string): string | undefined {
    return this.#sectorOf.get(symbol)
  }

  /** For each name that the query restricts, the sets of which a match is in one. */
  wanted({ pattern_types, symbols, watched, sectors, timeframes }: PatternSelection): SlotSet[][] {
    const wanted: SlotSet[][] = []
    if (pattern_types) wanted.push(setsOf(this.#patterns, pattern_types))
    if (symbols) wanted.push(setsOf(this.#symbols, symbols))
    if (watched) wanted.push(setsOf(this.#symbols, watched))
    if (sectors) wanted.push(setsOf(this.#sectors, sectors))
    // A scan names one timeframe at most, so that these sets have no slot in common.
    if (timeframes) wanted.push(timeframes.flatMap(word => this.#ofTimeframe(word) ?? []))
    return wanted
  }

  #ofTimeframe(word: string): SlotSet | undefined {
    return isChannel(word) ? this.#channels.get(word) : this.#timeframes.get(word)
  }
}

function setsOf(index: SlotIndex, names: readonly string[]): SlotSet[] {
  const sets: SlotSet[] = []
  for (const name of names) {
    const set = index.get(name)
    if (set) sets.push(set)
  }
  return sets
}
