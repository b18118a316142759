import type { Pattern } from '@tickstock/contracts'
import type { PatternQuery } from '../query.ts'
import { SlotIndex, type SlotSet } from './slot-set.ts'

/** Slots by what a pattern is called: each pattern stands in one set of each index. */
export class NameIndexes {
  readonly #patterns = new SlotIndex()
  readonly #symbols = new SlotIndex()
  readonly #timeframes = new SlotIndex()
  readonly #channels = new SlotIndex()

  add(slot: number, { pattern, symbol, timeframe, channel }: Pattern): void {
    this.#patterns.add(pattern.toLowerCase(), slot)
    this.#symbols.add(symbol, slot)
    this.#timeframes.add(timeframe, slot)
    this.#channels.add(channel, slot)
  }

  delete(slot: number, { pattern, symbol, timeframe, channel }: Pattern): void {
    this.#patterns.delete(pattern.toLowerCase(), slot)
    this.#symbols.delete(symbol, slot)
    this.#timeframes.delete(timeframe, slot)
    this.#channels.delete(channel, slot)
  }

  /** For each name that the query restricts, the sets of which a match is in one. */
  wanted({ patterns, symbols, channel, timeframe }: PatternQuery): SlotSet[][] {
    const wanted: SlotSet[][] = []
    if (patterns) wanted.push(setsOf(this.#patterns, patterns))
    if (symbols) wanted.push(setsOf(this.#symbols, symbols))
    if (channel) wanted.push(setsOf(this.#channels, [channel]))
    if (timeframe !== undefined) wanted.push(setsOf(this.#timeframes, [timeframe]))
    return wanted
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
