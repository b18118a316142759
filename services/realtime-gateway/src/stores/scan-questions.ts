import type { WalkQuery } from '@tickstock/client'
import type { Channel, NumberRange } from '@tickstock/contracts'
import type { CanonicalFilter } from '../domain/matcher.ts'

/** Characters of a query for names: services take URLs of 8 KiB, and numbers, cursor and path take some of them. */
const NAMES_TEXT = 5_500

/** Of those for pattern types: of more, all types are asked for. */
const TYPES_TEXT = 2_000

/** Symbols that one question may name. */
const SYMBOLS = 1_000

/** By what nothing is sorted anew: a cursor holds as long as the log's epoch does. Newest first: what a trader looks at first. */
const ORDER = { sort_by: 'detected_at', sort_order: 'desc' } as const

/**
 * Scans that together bring all that the filter would let through, and more where a query cannot say it: several bar sizes, or names beyond what a URL takes. One
 * at least, since positions are wanted in any case.
 */
export function questionsOf(channel: Channel, filter: CanonicalFilter): WalkQuery[] {
  const { symbols, pattern_types, ranges } = filter
  const { confidence, rs, volume, rsi } = ranges
  const types = pattern_types !== undefined && textOf(pattern_types) <= TYPES_TEXT ? [pattern_types.join()] : undefined
  const question: WalkQuery = {
    timeframe: channel,
    ...(types && { pattern_types: types }),
    ...(confidence && { confidence_min: confidence.min }),
    ...(rs && { rs_min: rs.min }),
    ...(volume && { vol_min: volume.min }),
    ...(rsi && { rsi_range: rangeText(rsi) }),
    ...ORDER
  }
  if (symbols === undefined || symbols.length === 0) return [question]
  const room = NAMES_TEXT - (types === undefined ? 0 : TYPES_TEXT)
  return groupsOf(symbols, room).map(group => ({ ...question, symbols: [group.join()] }))
}

/** A query takes no exponent: an end that JavaScript writes with one is replaced by one that lets more through. */
const rangeText = ({ min, max }: NumberRange): string => `${min < TINY ? 0 : min},${Math.max(max, TINY)}`

/** The least number that JavaScript writes without an exponent. */
const TINY = 1e-6

function groupsOf(symbols: readonly string[], room: number): string[][] {
  const groups: string[][] = []
  let group: string[] = []
  let length = 0
  for (const symbol of symbols) {
    const more = textOf([symbol])
    if (group.length > 0 && (length + more > room || group.length >= SYMBOLS)) {
      groups.push(group)
      group = []
      length = 0
    }
    group.push(symbol)
    length += more
  }
  return [...groups, group]
}

/** Characters in a URL, each with a comma. */
const textOf = (names: readonly string[]): number =>
  names.reduce((sum, name) => sum + encodeURIComponent(name).length + ENCODED_COMMA, 0)

const ENCODED_COMMA = 3
