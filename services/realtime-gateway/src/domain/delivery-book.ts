import type { DeliveryLedger } from './delivery-ledger.ts'
import { SubscriptionLedger } from './subscription-ledger.ts'

/** What became of events, over all subscriptions with a name: `sent` = the sum of the others, at every moment. */
export interface DeliveryTotals {
  readonly sent: number
  readonly acknowledged: number
  readonly gapSignalled: number
  readonly returned: number
  readonly inFlight: number
}

/** Opens the ledgers of subscriptions, and sums them up. Each figure is counted for itself: that they agree is a proof. */
export class DeliveryBook {
  readonly #totals = { sent: 0, acknowledged: 0, gapSignalled: 0, returned: 0, inFlight: 0 }

  get totals(): DeliveryTotals {
    return this.#totals
  }

  open(): DeliveryLedger {
    const totals = this.#totals
    return new SubscriptionLedger({
      sent: events => {
        totals.sent += events
        totals.inFlight += events
      },
      settled: (events, outcome) => {
        totals[outcome] += events
        totals.inFlight -= events
      }
    })
  }
}
