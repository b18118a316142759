import type { Fields } from './shape.ts'
import { UnreadableEventError } from './unreadable.ts'

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i

/** A finite number, or the text of one (Python's Decimal becomes text in JSON). Anything else is not known. */
export function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && DECIMAL.test(value.trim()) ? Number(value) : value
  if (typeof number !== 'number' || !Number.isFinite(number)) return undefined
  // Minus zero is written as 0: it would not be the same after it went through the log.
  return number === 0 ? 0 : number
}

const PERCENT = /^([^%]+)%$/

/** The number before a percent sign, e.g. 85 of `85 %`. */
function percentOf(value: unknown): number | undefined {
  const [, number] = (typeof value === 'string' && PERCENT.exec(value.trim())) || []
  return numberOf(number)
}

/** A computation in single precision may end so far beyond 0 or 1. */
const ROUNDING = 1e-6

/**
 * A confidence from 0 to 1, as a number, its text, or percent with the sign: `85%`.
 *
 * A bare 85 is refused, not taken for percent. A producer that means percent also writes 1 and 0.5, which nobody could tell from certain and even:
 * his weakest patterns would pass for his strongest.
 *
 * @throws UnreadableEventError confidence
 */
export function confidenceOf({ confidence: said }: Fields): number {
  const percent = percentOf(said)
  const confidence = percent === undefined ? numberOf(said) : percent / 100
  if (confidence === undefined || confidence < -ROUNDING || confidence > 1 + ROUNDING) {
    throw new UnreadableEventError('confidence', 'confidence is neither a number from 0 to 1 nor percent with a % sign')
  }
  return Math.min(1, Math.max(0, confidence))
}

/**
 * The first number under `current_price` or `price`; null where there is none. 0 is how producers write a price that they do not know.
 *
 * @throws UnreadableEventError price: it is negative. No share trades there, so what else is said is not to be relied upon
 */
export function priceOf(said: Fields): number | null {
  const price = numberOf(said['current_price']) ?? numberOf(said['price'])
  if (price !== undefined && price < 0) throw new UnreadableEventError('price', 'the price is negative')
  return price || null
}

/** The change in percent, with or without its sign. */
export const changeOf = ({ price_change: said }: Fields): number | null => numberOf(said) ?? percentOf(said) ?? null
