import { matchesIdentity, matchesNumbers, type Pattern, thresholdValuesOf } from '@tickstock/contracts'
import type { PatternSelection } from './selection.ts'

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
  const { watched, sectors } = selection
  return (
    matchesNumbers(selection, thresholdValuesOf(pattern)) &&
    matchesIdentity(selection, pattern) &&
    (watched === undefined || watched.includes(pattern.symbol)) &&
    (sectors === undefined || sectors.includes(sectorOf(pattern.symbol) ?? ''))
  )
}
