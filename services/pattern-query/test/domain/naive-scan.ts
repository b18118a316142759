import { isChannel, type Pattern } from '@tickstock/contracts'
import type { PatternQuery } from '../../src/domain/query.ts'

const columnsOf = ({ confidence, detected_at, indicators }: Pattern) => ({
  confidence,
  detected_at,
  rs: indicators.relative_strength,
  volume: indicators.relative_volume,
  rsi: indicators.rsi
})

const compareText = (one: string, other: string) => (one < other ? -1 : one > other ? 1 : 0)

/** Of the symbols that arbitrary patterns have; the rest have none. */
export const SECTORS: ReadonlyMap<string, string> = new Map([
  ['AAPL', 'technology'],
  ['MSFT', 'technology'],
  ['TSLA', 'consumer cyclical']
])

/** What a scan means: filter all, sort all. Unknown values last, ties by id; downwards turns round all but the unknown. */
export function naiveScan(patterns: Iterable<Pattern>, query: PatternQuery): readonly Pattern[] {
  return [...patterns].filter(pattern => matches(pattern, query)).sort((one, other) => compare(one, other, query))
}

function matches(pattern: Pattern, query: PatternQuery): boolean {
  const { pattern_types, symbols, watched, sectors, timeframes, ranges } = query
  if (pattern_types && !pattern_types.includes(pattern.pattern.toLowerCase())) return false
  if (symbols && !symbols.includes(pattern.symbol)) return false
  if (watched && !watched.includes(pattern.symbol)) return false
  if (sectors && !sectors.includes(SECTORS.get(pattern.symbol) ?? '')) return false
  const isOf = (word: string) => (isChannel(word) ? pattern.channel === word : pattern.timeframe === word)
  if (timeframes && !timeframes.some(isOf)) return false
  const values = columnsOf(pattern)
  return (['confidence', 'rs', 'volume', 'rsi'] as const).every(column => {
    const range = ranges[column]
    const value = values[column]
    return !range || (value !== undefined && value >= range.min && value <= range.max)
  })
}

function compare(one: Pattern, other: Pattern, { sortBy, descending }: PatternQuery): number {
  const turn = descending ? -1 : 1
  const byId = compareText(one.id, other.id)
  if (sortBy === 'symbol') return turn * (compareText(one.symbol, other.symbol) || byId)
  const first = columnsOf(one)[sortBy]
  const second = columnsOf(other)[sortBy]
  if (first === undefined || second === undefined) {
    return Number(first === undefined) - Number(second === undefined) || byId
  }
  return turn * (first - second || byId)
}
