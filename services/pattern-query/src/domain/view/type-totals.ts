import type { Pattern } from '@tickstock/contracts'
import { compareText } from './place.ts'

/** The live patterns of one name, in whatever case. */
export interface TypeTotal {
  /** As most of them write it; of equally many writings the least. */
  readonly name: string
  readonly count: number
  /** Their mean, 0 to 1. */
  readonly confidence: number
}

/** Of one writing of a name. */
interface Total {
  count: number
  /** Whole millionths: sums of these are exact, so that what is added and taken away again leaves nothing behind. */
  sum: number
}

const MILLION = 1_000_000

/** How many live patterns each name has, and how sure they are, kept as they come and go: nothing is counted when it is asked for. */
export class TypeTotals {
  readonly #totals = new Map<string, Total>()

  add({ pattern, confidence }: Pattern): void {
    const total = this.#totals.get(pattern)
    if (total === undefined) this.#totals.set(pattern, { count: 1, sum: millionths(confidence) })
    else {
      total.count += 1
      total.sum += millionths(confidence)
    }
  }

  /** @param pattern must have been added, as it is */
  delete({ pattern, confidence }: Pattern): void {
    const total = this.#totals.get(pattern)
    if (total === undefined) return
    total.count -= 1
    total.sum -= millionths(confidence)
    if (total.count === 0) this.#totals.delete(pattern)
  }

  /** Depends on what is live alone, so that replicas agree. */
  list(): TypeTotal[] {
    const writings = [...this.#totals].sort(
      ([one, first], [other, second]) => second.count - first.count || compareText(one, other)
    )
    const totals = new Map<string, Total & { readonly name: string }>()
    for (const [name, { count, sum }] of writings) {
      const total = totals.get(name.toLowerCase())
      if (total === undefined) totals.set(name.toLowerCase(), { name, count, sum })
      else {
        total.count += count
        total.sum += sum
      }
    }
    return Array.from(totals.values(), ({ name, count, sum }) => ({
      name,
      count,
      confidence: Math.round(sum / count / 100) / 10_000
    }))
  }
}

const millionths = (confidence: number): number => Math.round(confidence * MILLION)
