import type { DeliveryLedger } from './delivery-ledger.ts'

/** How an event ceases to be in flight. */
export type Outcome = 'acknowledged' | 'gapSignalled' | 'returned'

/** Told of every event once when it is sent, and once when it is no longer in flight. */
export interface Account {
  sent(events: number): void
  settled(events: number, outcome: Outcome): void
}

/** Events that are in flight. */
interface Flight {
  events: number
  /** Offset of the last of them. */
  last: number
}

/** Parts in which what is in flight is told apart. */
const PARTS = 256

/**
 * Bounded, whatever is in flight: writes are told apart while there are few; of many, neighbours become one, and an acknowledgement counts when it has reached the
 * end of all of them. So an ack in the midst of a thousand writes may count for four writes less than it says, and the sum is exact at every moment.
 */
export class SubscriptionLedger implements DeliveryLedger {
  readonly #account: Account
  /** Oldest first. */
  #flights: Flight[] = []
  /** A part takes more until it has so many events. */
  #grain = 1

  constructor(account: Account) {
    this.#account = account
  }

  sent(events: number, last: number): void {
    this.#account.sent(events)
    const newest = this.#flights.at(-1)
    if (newest !== undefined && newest.events < this.#grain) {
      newest.events += events
      newest.last = last
      return
    }
    this.#flights.push({ events, last })
    if (this.#flights.length <= PARTS) return
    this.#flights = inPairs(this.#flights)
    this.#grain *= 2
  }

  gapSignalled(): void {
    this.#settle(this.#flights.length, 'gapSignalled')
  }

  acknowledged(offset: number): void {
    const next = this.#flights.findIndex(({ last }) => last > offset)
    this.#settle(next < 0 ? this.#flights.length : next, 'acknowledged')
  }

  returned(): void {
    this.#settle(this.#flights.length, 'returned')
  }

  #settle(flights: number, outcome: Outcome): void {
    for (const { events } of this.#flights.splice(0, flights)) this.#account.settled(events, outcome)
    if (this.#flights.length === 0) this.#grain = 1
  }
}

/** Each with the one after it. */
const inPairs = (flights: readonly Flight[]): Flight[] =>
  flights.flatMap((flight, at) => {
    const next = flights[at + 1]
    if (at % 2 === 1) return []
    return [next === undefined ? flight : { events: flight.events + next.events, last: next.last }]
  })
