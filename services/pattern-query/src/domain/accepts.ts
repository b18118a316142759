import type { Pattern } from '@tickstock/contracts'
import type { NumberRange, PatternSelection } from './selection.ts'

/**
 * Whether one pattern is selected. For many there is the view.
 *
 * @param sectorOf of a symbol, lower case
 */
export function accepts(
  selection: PatternSelection,
  pattern: Pattern,
  sectorOf: (symbol: string) => string | undefined
): boolean {
  const { patterns, symbols, watched, sectors, channel, timeframe, ranges } = selection
  const { indicators } = pattern
  return (
    isWithin(ranges.confidence, pattern.confidence) &&
    (symbols === undefined || symbols.includes(pattern.symbol)) &&
    (channel === undefined || channel === pattern.channel) &&
    (timeframe === undefined || timeframe === pattern.timeframe) &&
    isWithin(ranges.rs, indicators.relative_strength) &&
    isWithin(ranges.volume, indicators.relative_volume) &&
    isWithin(ranges.rsi, indicators.rsi) &&
    (patterns === undefined || patterns.includes(pattern.pattern.toLowerCase())) &&
    (watched === undefined || watched.includes(pattern.symbol)) &&
    (sectors === undefined || sectors.includes(sectorOf(pattern.symbol) ?? ''))
  )
}

/** What is not known is within no range. */
const isWithin = (range: NumberRange | undefined, value = Number.NaN): boolean =>
  range === undefined || (value >= range.min && value <= range.max)
