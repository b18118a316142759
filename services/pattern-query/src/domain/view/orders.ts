import { RANGE_NAMES, type RangeName, type ScanSort } from '@tickstock/contracts'
import type { Columns, NumberColumn } from './columns.ts'
import { SortedOrder } from './sorted-order.ts'
import { ThresholdBits } from './threshold-bits.ts'

const NUMBER_ORDERS = [...RANGE_NAMES, 'detected_at'] as const

/** Every order that a scan is read in or bounded by. */
export class Orders {
  readonly #columns: Columns
  readonly #byName: Readonly<Record<ScanSort | RangeName, SortedOrder>>
  readonly #thresholds: Readonly<Record<RangeName, ThresholdBits>> = {
    confidence: new ThresholdBits(),
    rs: new ThresholdBits(),
    volume: new ThresholdBits(),
    rsi: new ThresholdBits()
  }

  constructor(columns: Columns) {
    this.#columns = columns
    const byNumber = (column: (typeof NUMBER_ORDERS)[number]) => new SortedOrder(columns.numberKey(column))
    this.#byName = {
      confidence: byNumber('confidence'),
      detected_at: byNumber('detected_at'),
      rs: byNumber('rs'),
      volume: byNumber('volume'),
      rsi: byNumber('rsi'),
      symbol: new SortedOrder(columns.symbolKey())
    }
    columns.watch((column, slot, before, after) => this.#written(column, slot, before, after))
  }

  /** The slot holds another pattern, or none. */
  touch(slot: number): void {
    for (const name of ORDERS) this.#byName[name].touch(slot)
  }

  /** The order, with everything in it that was touched. */
  by(name: ScanSort | RangeName): SortedOrder {
    const order = this.#byName[name]
    order.repair()
    return order
  }

  /**
   * Makes all orders ready to be read, one at a time: left to the first scans after a view was built, which sort 100,000 patterns for two orders at once, that
   * held up all others for 0.4 s.
   */
  *settle(): Generator<undefined> {
    for (const name of ORDERS) {
      this.by(name)
      yield
    }
    for (const column of RANGE_NAMES) {
      this.thresholds(column)
      yield
    }
  }

  thresholds(column: RangeName): ThresholdBits {
    const thresholds = this.#thresholds[column]
    if (thresholds.isDue) thresholds.cut(this.by(column).knownSlots(), this.#columns.numbers(column))
    return thresholds
  }

  /** Most updates leave most numbers as they were: those orders stay. */
  #written(column: NumberColumn, slot: number, before: number, after: number) {
    this.#byName[column].touch(slot)
    if (column !== 'detected_at') this.#thresholds[column].set(slot, before, after)
  }
}

const ORDERS = [...NUMBER_ORDERS, 'symbol'] as const
