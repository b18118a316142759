import type { Subscriber } from './subscription.ts'

/** Sockets that are visited before others may run: some 2 ms, so that commands and pings are answered at once. */
const SLICE = 256

/** The same of sockets that are behind, each of which is given up to a whole write. */
const SLICE_BEHIND = 32

export interface VisitsOptions {
  /** @returns whether there is more for it, which it can take */
  readonly visit: (subscriber: Subscriber) => boolean
  /** Asks for `next` soon. May be called often. */
  readonly wake: () => void
  /** Asks for `nextBehind` at once. May be called often. */
  readonly wakeBehind: () => void
}

/**
 * Who is visited when. In a round each socket that has something due is visited once; those for whom there is more than one visit brought have rounds of their
 * own, so that nobody's live events wait for another's replay. Who is blocked is in neither.
 */
export class Visits {
  readonly #options: VisitsOptions
  /** The round that is under way, and how far it is. */
  #round: Subscriber[] = []
  #visited = 0
  #due: Subscriber[] = []
  #behind: Subscriber[] = []

  constructor(options: VisitsOptions) {
    this.#options = options
  }

  get isInRound(): boolean {
    return this.#round.length > 0
  }

  /** Something came for all of these subscriptions: their sockets are due in the next round, which the caller has asked for. */
  addAll(subscriptions: Iterable<{ readonly subscriber: Subscriber }>): void {
    for (const { subscriber } of subscriptions) if (takesPlace(subscriber)) this.#due.push(subscriber)
  }

  add(subscriber: Subscriber): void {
    if (!takesPlace(subscriber)) return
    this.#due.push(subscriber)
    this.#options.wake()
  }

  /** There is more for it. */
  addBehind(subscriber: Subscriber): void {
    if (!takesPlace(subscriber)) return
    this.#behind.push(subscriber)
    this.#options.wakeBehind()
  }

  /** A part of a round. @returns whether the round is not over: others may run, then it is to be called again */
  next(): boolean {
    if (this.#visited === this.#round.length) {
      this.#round = this.#due
      this.#due = []
      this.#visited = 0
    }
    const end = Math.min(this.#round.length, this.#visited + SLICE)
    while (this.#visited < end) this.#visit(this.#round[this.#visited++])
    if (this.#visited < this.#round.length) return true
    this.#round = []
    this.#visited = 0
    if (this.#due.length > 0) this.#options.wake()
    return false
  }

  /** Visits some of those who are behind. @returns whether there are others */
  nextBehind(): boolean {
    for (const subscriber of this.#behind.splice(0, SLICE_BEHIND)) this.#visit(subscriber)
    return this.#behind.length > 0
  }

  #visit(subscriber: Subscriber | undefined): void {
    if (subscriber === undefined) return
    subscriber.due = false
    if (this.#options.visit(subscriber)) this.addBehind(subscriber)
  }
}

/** Lets it wait for its visit. @returns false where it waits already, or is blocked */
function takesPlace(subscriber: Subscriber): boolean {
  if (subscriber.due || subscriber.blocked) return false
  subscriber.due = true
  return true
}
