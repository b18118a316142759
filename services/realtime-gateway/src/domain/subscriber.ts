import type { Outlet } from './outlet.ts'
import type { Subscription } from './subscription.ts'

/** A socket with its subscriptions. */
export class Subscriber {
  readonly outlet: Outlet
  readonly subscriptions = new Map<string, Subscription>()
  /** It waits for its visit. */
  due = false
  /** It has not taken what it was given: nobody visits it until it has. */
  blocked = false
  /** It took all of a write that was as large as it may be, so the next may be larger. */
  eager = false
  #turn = 0

  constructor(outlet: Outlet) {
    this.outlet = outlet
  }

  /** Its subscriptions, from a different one each time, so that none starves the others. */
  inTurn(): Iterable<Subscription> {
    if (this.subscriptions.size < 2) return this.subscriptions.values()
    const all = [...this.subscriptions.values()]
    this.#turn = (this.#turn + 1) % all.length
    return [...all.slice(this.#turn), ...all.slice(0, this.#turn)]
  }
}
