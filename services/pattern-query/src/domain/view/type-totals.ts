import type { Pattern } from '@tickstock/contracts'

/** The live patterns of one name. */
export interface TypeTotal {
  /** As the producer last gave it. */
  readonly name: string
  readonly count: number
  /** Their mean, 0 to 1. */
  readonly confidence: number
}

interface Total {
  name: string
  count: number
  /** Whole millionths: sums of these are exact, so that what is added and taken away again leaves nothing behind. */
  sum: number
}

const MILLION = 1_000_000

/** How many live patterns each name has, and how sure they are, kept as they come and go: nothing is counted when it is asked for. */
export class TypeTotals {
  readonly #totals = new Map<string, Total>()

  add({ pattern, confidence }: Pattern): void {
    const key = pattern.toLowerCase()
    const total = this.#totals.get(key)
    if (total === undefined) this.#totals.set(key, { name: pattern, count: 1, sum: millionths(confidence) })
    else {
      total.name = pattern
      total.count += 1
      total.sum += millionths(confidence)
    }
  }

  /** @param pattern must have been added, as it is */
  delete({ pattern, confidence }: Pattern): void {
    const key = pattern.toLowerCase()
    const total = this.#totals.get(key)
    if (total === undefined) return
    total.count -= 1
    total.sum -= millionths(confidence)
    if (total.count === 0) this.#totals.delete(key)
  }

  list(): TypeTotal[] {
    return Array.from(this.#totals.values(), ({ name, count, sum }) => ({
      name,
      count,
      confidence: Math.round(sum / count / 100) / 10_000
    }))
  }
}

const millionths = (confidence: number): number => Math.round(confidence * MILLION)
