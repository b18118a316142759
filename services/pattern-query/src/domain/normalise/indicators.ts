import type { Indicators } from '@tickstock/contracts'
import { refuseForbidden } from './forbidden-names.ts'
import { numberOf } from './numbers.ts'
import { UnreadableEventError } from './unreadable.ts'

/** More than any producer computes; the bound keeps a hostile event from growing the log. */
const INDICATOR_LIMIT = 64

const INDICATOR_NAME = /^[a-z][a-z0-9_.-]{0,63}$/

export interface SaidIndicators {
  /** Numbers, by lower-case name and in order of name, so that equal indicators are equal text. */
  readonly numbers: Indicators
  /** What is no number, or none that its indicator can have, as it was said. */
  readonly others: ReadonlyMap<string, unknown>
}

const NOTHING: ReadonlyMap<string, unknown> = new Map()

/**
 * Tells the indicators of an event apart. What is null or missing is not known: neither is it zero.
 *
 * @throws UnreadableEventError indicators, forbidden_name
 */
export function indicatorsOf(value: unknown): SaidIndicators {
  if (typeof value !== 'object' || value === null) return { numbers: {}, others: NOTHING }
  const numbers = new Map<string, number>()
  const others = new Map<string, unknown>()
  for (const [given, stated] of Object.entries(value)) {
    if (stated === null) continue
    refuseForbidden(given)
    const name = given.toLowerCase()
    const number = numberOf(stated)
    if (number === undefined || !INDICATOR_NAME.test(name) || !isPossible(name, number)) others.set(given, stated)
    else if (given === name || !numbers.has(name)) numbers.set(name, number)
  }
  if (numbers.size > INDICATOR_LIMIT) {
    throw new UnreadableEventError('indicators', `${numbers.size} indicators are more than ${INDICATOR_LIMIT}`)
  }
  return { numbers: inOrderOfName(numbers), others }
}

function inOrderOfName(numbers: ReadonlyMap<string, number>): Indicators {
  const sorted: Record<string, number> = {}
  for (const name of [...numbers.keys()].sort()) {
    const number = numbers.get(name)
    if (number !== undefined) sorted[name] = number
  }
  return sorted
}

function isPossible(name: string, number: number): boolean {
  if (name === 'rsi') return number >= 0 && number <= 100
  return name !== 'relative_volume' || number >= 0
}
