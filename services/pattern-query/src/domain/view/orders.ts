import type { ScanSort } from '@tickstock/contracts'
import { RANGE_COLUMNS, type RangeColumn } from '../selection.ts'
import type { Columns } from './columns.ts'
import { SortedOrder } from './sorted-order.ts'

const NUMBER_ORDERS = [...RANGE_COLUMNS, 'detected_at'] as const

/** Every order that a scan is read in or bounded by. */
export class Orders {
  readonly #byName: Readonly<Record<ScanSort | RangeColumn, SortedOrder>>

  constructor(columns: Columns) {
    const byNumber = (column: (typeof NUMBER_ORDERS)[number]) => new SortedOrder(columns.numberKey(column))
    this.#byName = {
      confidence: byNumber('confidence'),
      detected_at: byNumber('detected_at'),
      rs: byNumber('rs'),
      volume: byNumber('volume'),
      rsi: byNumber('rsi'),
      symbol: new SortedOrder(columns.symbolKey())
    }
  }

  touch(slot: number): void {
    for (const order of Object.values(this.#byName)) order.touch(slot)
  }

  /** The order, with everything in it that was touched. */
  by(name: ScanSort | RangeColumn): SortedOrder {
    const order = this.#byName[name]
    order.repair()
    return order
  }
}
