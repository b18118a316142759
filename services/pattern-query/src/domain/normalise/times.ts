import { numberOf } from './numbers.ts'
import type { Fields } from './shape.ts'
import { UnreadableEventError } from './unreadable.ts'

/** Below it a number is seconds (until the year 5138), from it on milliseconds (since March 1973). */
const LEAST_MILLISECONDS = 1e11

/** Milliseconds of the year 5138. Larger numbers are micro- or nanoseconds, which no producer writes: better refused than guessed. */
const MOST_MILLISECONDS = 1e14

const ISO = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?$/i

/**
 * Milliseconds since 1970 of a time as producers write it: seconds (float), milliseconds, either as text, or ISO 8601. ISO text without an
 * offset is UTC, as Python's `utcnow().isoformat()` means it. Parts of a millisecond are cut off, in every form alike.
 *
 * @returns undefined where it is not such a time
 */
function timeOf(value: unknown): number | undefined {
  const number = numberOf(value)
  if (number !== undefined) return timeOfNumber(number)
  return typeof value === 'string' ? timeOfIso(value.trim()) : undefined
}

function timeOfNumber(number: number): number | undefined {
  if (number <= 0 || number >= MOST_MILLISECONDS) return undefined
  if (number >= LEAST_MILLISECONDS) return Math.floor(number)
  // By way of whole microseconds: 1700000000.123 * 1000 falls short of 1700000000123.
  return Math.floor(Math.round(number * 1e6) / 1e3)
}

function timeOfIso(text: string): number | undefined {
  const parts = ISO.exec(text)
  if (!parts || !isDay(text)) return undefined
  const zoned = parts[1] ? text : `${text}${text.length > 10 ? 'Z' : ''}`
  const time = Date.parse(zoned.replace(' ', 'T'))
  return time > 0 && time < MOST_MILLISECONDS ? time : undefined
}

/** Whether the month has such a day: `Date.parse` takes February 30 for March 2. */
function isDay(text: string): boolean {
  const [year = 0, month = 0, day = 0] = [text.slice(0, 4), text.slice(5, 7), text.slice(8, 10)].map(Number)
  return day <= 28 || day <= new Date(Date.UTC(year, month, 0)).getUTCDate()
}

/**
 * The time under the first of the names that is given at all.
 *
 * @throws UnreadableEventError time: what is given is not a time. The next name would then be another time, and another pattern.
 */
export function timeUnder(fields: Fields, ...names: readonly string[]): number | undefined {
  for (const name of names) {
    const value = fields[name]
    if (value === undefined || value === null || value === '') continue
    const time = timeOf(value)
    if (time === undefined) throw new UnreadableEventError('time', `${name} is not a time`)
    return time
  }
  return undefined
}
