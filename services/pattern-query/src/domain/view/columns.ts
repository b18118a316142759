import { asciiJson, type Pattern, type RangeName, type ScanSort } from '@tickstock/contracts'
import type { MovingNumbers } from './moves.ts'
import { compareText } from './place.ts'
import { SlotBits } from './slot-bits.ts'
import type { SortKey } from './sorted-order.ts'

/** Numbers of a pattern that are filtered or sorted by. NaN: not known. */
export type NumberColumn = RangeName | Exclude<ScanSort, 'symbol'>

const NUMBERS = {
  confidence: pattern => pattern.confidence,
  detected_at: pattern => pattern.detected_at,
  rs: pattern => pattern.indicators.relative_strength ?? Number.NaN,
  volume: pattern => pattern.indicators.relative_volume ?? Number.NaN,
  rsi: pattern => pattern.indicators.rsi ?? Number.NaN
} satisfies Record<NumberColumn, (pattern: Pattern) => number>

const FIRST_CAPACITY = 1024

/** Told of each number that is another than before; NaN where there is none. */
export type NumberWatch = (column: NumberColumn, slot: number, before: number, after: number) => void

/** Patterns by slot: a small number that is used again, so that every column is an array. */
export class Columns {
  readonly #slots = new Map<string, number>()
  readonly #free: number[] = []
  readonly #patterns: (Pattern | undefined)[] = []
  /**
   * The pattern's JSON after a comma, made once: an answer is joined from these. Of 30 rows of 20,000, joining costs 3 µs, nearly all of it the memory that
   * they lie in; commas added in between would be pieces too, 1.6 µs. Bytes in one buffer were no faster: see the README.
   */
  readonly #listed: string[] = []
  /** Of the rows: FNV-1a. */
  #hashes = new Int32Array(FIRST_CAPACITY)
  #numbers = emptyNumbers(FIRST_CAPACITY)
  #watch: NumberWatch = () => undefined
  /** Slots that hold a pattern. */
  readonly live = new SlotBits()

  get size(): number {
    return this.#slots.size
  }

  /** One more than the highest slot ever used. */
  get capacity(): number {
    return this.#patterns.length
  }

  slotOf(id: string): number | undefined {
    return this.#slots.get(id)
  }

  patternAt(slot: number): Pattern | undefined {
    return this.#patterns[slot]
  }

  idAt(slot: number): string {
    return this.#patterns[slot]?.id ?? ''
  }

  rowAt(slot: number): string {
    return this.listedRowAt(slot).slice(1)
  }

  /** The row after a comma. */
  listedRowAt(slot: number): string {
    return this.#listed[slot] ?? ''
  }

  hashAt(slot: number): number {
    return this.#hashes[slot] ?? 0
  }

  /** What an update may change of where a pattern stands. */
  moving(slot: number): MovingNumbers {
    const { confidence, rs, volume } = this.#numbers
    return {
      confidence: confidence[slot] ?? Number.NaN,
      rs: rs[slot] ?? Number.NaN,
      volume: volume[slot] ?? Number.NaN
    }
  }

  /** Whether a pattern stands where it stood; `undefined`: it was not there. */
  isStill(slot: number, stood: MovingNumbers | undefined): boolean {
    const { confidence, rs, volume } = this.moving(slot)
    return (
      stood !== undefined &&
      Object.is(stood.confidence, confidence) &&
      Object.is(stood.rs, rs) &&
      Object.is(stood.volume, volume)
    )
  }

  /** Values by slot. Not to be kept: it is another array after growth. */
  numbers(column: NumberColumn): Float64Array {
    return this.#numbers[column]
  }

  /** Writes a pattern, into its slot if it has one. @param row its JSON, ASCII alone, where it is known */
  put(pattern: Pattern, row = asciiJson(pattern)): number {
    const slot = this.#slots.get(pattern.id) ?? this.#free.pop() ?? this.#patterns.length
    this.#slots.set(pattern.id, slot)
    this.live.grow(slot + 1)
    this.live.set(slot)
    this.#patterns[slot] = pattern
    const listed = `,${row}`
    this.#listed[slot] = listed
    if (slot >= this.#numbers.confidence.length) this.#grow()
    this.#hashes[slot] = hashOf(listed)
    for (const column of columnNames) this.#write(column, slot, NUMBERS[column](pattern))
    return slot
  }

  free(slot: number): void {
    const pattern = this.#patterns[slot]
    if (!pattern) return
    this.#slots.delete(pattern.id)
    this.live.clear(slot)
    this.#patterns[slot] = undefined
    this.#listed[slot] = ''
    for (const column of columnNames) this.#write(column, slot, Number.NaN)
    this.#free.push(slot)
  }

  watch(watch: NumberWatch): void {
    this.#watch = watch
  }

  #write(column: NumberColumn, slot: number, after: number) {
    const numbers = this.#numbers[column]
    const before = numbers[slot] ?? Number.NaN
    if (Object.is(before, after)) return
    numbers[slot] = after
    this.#watch(column, slot, before, after)
  }

  /** Sorts by a number, then by id. */
  numberKey(column: NumberColumn): SortKey {
    const value = (slot: number) => this.#numbers[column][slot] ?? Number.NaN
    return {
      ...this.#key(),
      known: slot => !Number.isNaN(value(slot)),
      values: () => this.#numbers[column],
      compare: (one, other) => {
        const first = value(one)
        const second = value(other)
        if (first < second) return -1
        if (first > second) return 1
        if (first === second) return this.#compareIds(one, other)
        return Number(Number.isNaN(first)) - Number(Number.isNaN(second)) || this.#compareIds(one, other)
      }
    }
  }

  /** Sorts by symbol, then by id. */
  symbolKey(): SortKey {
    const symbol = (slot: number) => this.#patterns[slot]?.symbol ?? ''
    return {
      ...this.#key(),
      known: () => true,
      values: () => NO_NUMBERS,
      compare: (one, other) => compareText(symbol(one), symbol(other)) || this.#compareIds(one, other)
    }
  }

  #key() {
    return { live: (slot: number) => this.live.has(slot) }
  }

  #compareIds(one: number, other: number): number {
    return compareText(this.#patterns[one]?.id ?? '', this.#patterns[other]?.id ?? '')
  }

  #grow() {
    const larger = emptyNumbers(2 * this.#numbers.confidence.length)
    for (const column of columnNames) larger[column].set(this.#numbers[column])
    this.#numbers = larger
    const hashes = new Int32Array(larger.confidence.length)
    hashes.set(this.#hashes)
    this.#hashes = hashes
  }
}

const columnNames = ['confidence', 'detected_at', 'rs', 'volume', 'rsi'] as const satisfies readonly NumberColumn[]

const emptyNumbers = (capacity: number): Record<NumberColumn, Float64Array> => ({
  confidence: unknown(capacity),
  detected_at: unknown(capacity),
  rs: unknown(capacity),
  volume: unknown(capacity),
  rsi: unknown(capacity)
})

const NO_NUMBERS = new Float64Array(0)

const unknown = (capacity: number): Float64Array => new Float64Array(capacity).fill(Number.NaN)

function hashOf(row: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < row.length; at++) hash = Math.imul(hash ^ row.charCodeAt(at), 0x01000193)
  return hash
}
