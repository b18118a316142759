import type { Pattern, RangeName, ScanSort } from '@tickstock/contracts'
import type { LiveState } from './live-state.ts'
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
  readonly #states: (LiveState | undefined)[] = []
  #numbers = emptyNumbers(FIRST_CAPACITY)
  #watch: NumberWatch = () => undefined
  /** Slots that hold a pattern. */
  readonly live = new SlotBits()

  get size(): number {
    return this.#slots.size
  }

  /** One more than the highest slot ever used. */
  get capacity(): number {
    return this.#states.length
  }

  slotOf(id: string): number | undefined {
    return this.#slots.get(id)
  }

  at(slot: number): LiveState | undefined {
    return this.#states[slot]
  }

  /**
   * The only way from slots to what an answer says: no answer can contain a slot that was freed.
   *
   * @throws RangeError for a slot that holds no pattern
   */
  statesOf(slots: readonly number[]): LiveState[] {
    const states: LiveState[] = []
    for (const slot of slots) states.push(this.#states[slot] ?? notLive(slot))
    return states
  }

  idAt(slot: number): string {
    return this.#states[slot]?.pattern.id ?? ''
  }

  /** Values by slot. Not to be kept: it is another array after growth. */
  numbers(column: NumberColumn): Float64Array {
    return this.#numbers[column]
  }

  /** Writes a pattern, into its slot if it has one. */
  put(state: LiveState): number {
    const { pattern } = state
    const slot = this.#slots.get(pattern.id) ?? this.#free.pop() ?? this.#states.length
    this.#slots.set(pattern.id, slot)
    this.live.grow(slot + 1)
    this.live.set(slot)
    this.#states[slot] = state
    if (slot >= this.#numbers.confidence.length) this.#grow()
    for (const column of columnNames) this.#write(column, slot, NUMBERS[column](pattern))
    return slot
  }

  free(slot: number): void {
    const state = this.#states[slot]
    if (!state) return
    this.#slots.delete(state.pattern.id)
    this.live.clear(slot)
    this.#states[slot] = undefined
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
    const symbol = (slot: number) => this.#states[slot]?.pattern.symbol ?? ''
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
    return compareText(this.idAt(one), this.idAt(other))
  }

  #grow() {
    const larger = emptyNumbers(2 * this.#numbers.confidence.length)
    for (const column of columnNames) larger[column].set(this.#numbers[column])
    this.#numbers = larger
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

function notLive(slot: number): never {
  throw new RangeError(`Slot ${slot} holds no pattern`)
}
