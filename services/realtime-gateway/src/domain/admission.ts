import type { Sessions } from './sessions.ts'

export interface AdmissionOptions {
  readonly sessions: Pick<Sessions, 'isFull' | 'unauthenticated' | 'hasRoom' | 'hasRoomFor'>
  /** A log is not being read: a new client would receive no events. */
  readonly isLogAway: () => boolean
  readonly now: () => number
  /** How late the process does what is due, ms. */
  readonly lag: () => number
  /** 0 to 1. */
  readonly random: () => number
  /** One was not let in. */
  readonly refused: () => void
}

/** Later than this, and those who are live go before those who come. ms. At 100, of 4,000 who came within 2 s on a busy machine the last was in after 20 s; at 250 after 4 s. */
const LATE = 250

/** So many may say who they are while it is late: few, but some, or a gateway that is always busy would let nobody in. */
const WHILE_LATE = 50

/** Who is refused comes again within so many seconds, each at a moment of its own. */
const SPREAD = 5

/** Lets sockets in by turns, so that a crowd that comes back holds up neither those who are live nor itself. */
export class Admission {
  readonly #options: AdmissionOptions
  #draining = false

  constructor(options: AdmissionOptions) {
    this.#options = options
  }

  /** This instance is going: nobody is let in any more. */
  drain(): void {
    this.#draining = true
  }

  /** Why nobody is let in now, wherever he comes from; undefined where one more may come. */
  refusal(): string | undefined {
    const why = this.#whyNot()
    if (why !== undefined) this.#options.refused()
    return why
  }

  /** The same for those of one address. */
  refusalOf(address: string): string | undefined {
    const { sessions, now, refused } = this.#options
    if (sessions.hasRoomFor(address, now())) return undefined
    refused()
    return 'Too many of this address come at once'
  }

  /** When to come again, s: 1 to {@link SPREAD}. */
  comeAgain(): number {
    return 1 + Math.floor(this.#options.random() * SPREAD)
  }

  #whyNot(): string | undefined {
    const { sessions, isLogAway, now, lag } = this.#options
    if (this.#draining) return 'This instance is going'
    if (isLogAway()) return 'This instance does not read the log now'
    if (sessions.isFull) return 'This instance has as many sockets as it may have'
    // Nobody is turned out while it is late: what they say may have come, and not be read yet.
    const hasRoom = lag() > LATE ? sessions.unauthenticated < WHILE_LATE : sessions.hasRoom(now())
    return hasRoom ? undefined : 'Too many come at once'
  }
}
