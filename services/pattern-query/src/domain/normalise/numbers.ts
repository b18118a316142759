import type { Indicators } from '@tickstock/contracts'
import type { Fields } from './shape.ts'

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i

/** A finite number, or the text of one (Python's Decimal becomes text in JSON). Anything else is not known. */
export function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && DECIMAL.test(value.trim()) ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined
}

/** The first number under any of the names; null where there is none. */
export function numberOrNull(fields: Fields, ...names: readonly string[]): number | null {
  for (const name of names) {
    const number = numberOf(fields[name])
    if (number !== undefined) return number
  }
  return null
}

/** More than any producer computes; the bound keeps a hostile event from growing the log. */
const INDICATOR_LIMIT = 64

const INDICATOR_NAME = /^[a-z][a-z0-9_.-]{0,63}$/

/**
 * The indicators that are numbers, by lower-case name and in order of name, so that equal indicators are equal text.
 * What is no number, and an RSI outside 0 to 100, is left out: it is not known.
 */
export function indicatorsOf(value: unknown): Indicators {
  if (typeof value !== 'object' || value === null) return {}
  const known = new Map<string, number>()
  for (const [given, stated] of Object.entries(value)) {
    const name = given.toLowerCase()
    const number = numberOf(stated)
    if (number === undefined || !INDICATOR_NAME.test(name)) continue
    if (name === 'rsi' && (number < 0 || number > 100)) continue
    if (given === name || !known.has(name)) known.set(name, number)
    if (known.size === INDICATOR_LIMIT) break
  }
  return Object.fromEntries([...known].sort(([one], [other]) => (one < other ? -1 : 1)))
}
