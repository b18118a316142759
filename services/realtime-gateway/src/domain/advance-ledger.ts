import type { Position } from '@tickstock/contracts'
import type { CursorLedger, DeliveryLedger } from './delivery-ledger.ts'

/**
 * A ledger whose events may be acknowledged before they are sent: over another socket, which the client is leaving for this one, it has them already. What was
 * acknowledged in advance counts as it is handed over, and not before: a position may be told too far, and a gap may come between.
 */
export class AdvanceLedger implements CursorLedger {
  readonly #ledger: DeliveryLedger
  readonly #reached: (position: Position) => void
  #advance: Position | undefined

  /** @param reached told how far of what was acknowledged in advance has been sent */
  constructor(ledger: DeliveryLedger, reached: (position: Position) => void) {
    this.#ledger = ledger
    this.#reached = reached
  }

  inAdvance(position: Position): void {
    this.#advance = position
  }

  sent(events: number, last: number): void {
    this.#ledger.sent(events, last)
    this.considered(last)
  }

  considered(upTo: number): void {
    const advance = this.#advance
    if (advance === undefined) return
    if (upTo >= advance.offset) this.#advance = undefined
    const offset = Math.min(upTo, advance.offset)
    this.#ledger.acknowledged(offset)
    this.#reached({ ...advance, offset })
  }

  gapSignalled(): void {
    this.#advance = undefined
    this.#ledger.gapSignalled()
  }

  acknowledged(offset: number): void {
    this.#ledger.acknowledged(offset)
  }

  returned(): void {
    this.#ledger.returned()
  }
}
