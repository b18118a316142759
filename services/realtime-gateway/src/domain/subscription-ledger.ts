import type { DeliveryLedger } from './delivery-ledger.ts'

/** How an event ceases to be in flight. */
export type Outcome = 'acknowledged' | 'gapSignalled' | 'returned'

/** Told of every event once when it is sent, and once when it is no longer in flight. */
export interface Account {
  sent(events: number): void
  settled(events: number, outcome: Outcome): void
}

interface Flight {
  readonly events: number
  /** Offset of the last of them. */
  readonly last: number
}

/** Writes that are told apart. Beyond, neighbours become one: an acknowledgement then counts when it has reached the end of both. */
const FLIGHTS = 256

/** Bounded, whatever is in flight: what a client never acknowledges costs it no more than 256 numbers twice. */
export class SubscriptionLedger implements DeliveryLedger {
  readonly #account: Account
  /** Oldest first. */
  #flights: Flight[] = []

  constructor(account: Account) {
    this.#account = account
  }

  /** Events in flight. */
  get inFlight(): number {
    return this.#flights.reduce((sum, { events }) => sum + events, 0)
  }

  sent(events: number, last: number): void {
    this.#account.sent(events)
    this.#flights.push({ events, last })
    if (this.#flights.length > FLIGHTS) this.#flights = inPairs(this.#flights)
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
  }
}

/** Each with the one after it. */
const inPairs = (flights: readonly Flight[]): Flight[] =>
  flights.flatMap((flight, at) => {
    const next = flights[at + 1]
    if (at % 2 === 1) return []
    return [next === undefined ? flight : { events: flight.events + next.events, last: next.last }]
  })
