import type { Outlet } from './outlet.ts'
import type { Subscription } from './subscription.ts'

/** A socket with its subscriptions. */
export class Subscriber {
  readonly outlet: Outlet
  readonly subscriptions = new Map<string, Subscription>()
  #turn = 0

  constructor(outlet: Outlet) {
    this.outlet = outlet
  }

  /** Its subscriptions, from a different one each time, so that none starves the others. */
  inTurn(): readonly Subscription[] {
    const all = [...this.subscriptions.values()]
    if (all.length < 2) return all
    this.#turn = (this.#turn + 1) % all.length
    return [...all.slice(this.#turn), ...all.slice(0, this.#turn)]
  }
}
