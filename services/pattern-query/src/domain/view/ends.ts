import { END_REMEMBERED_MS, ENDS_REMEMBERED } from '@tickstock/contracts'

/** How a pattern ended, as one channel's log says it. */
export interface End {
  /** Of the event that ended it, ms. */
  readonly moment: number
  /** The log's time then, ms. */
  readonly at: number
  readonly offset: number
}

/**
 * Patterns of one channel that have ended, in the order of their ends, for as long as that counts. What is remembered depends on the entries of the log
 * alone: every replica has the same at the same position.
 */
export class Ends {
  readonly #ends = new Map<string, End>()

  get size(): number {
    return this.#ends.size
  }

  /** Offset of the oldest end; undefined where there is none. */
  get oldest(): number | undefined {
    const [end] = this.#ends.values()
    return end?.offset
  }

  get(id: string): End | undefined {
    return this.#ends.get(id)
  }

  /** Ends come in the order of their offsets. */
  set(id: string, end: End): void {
    this.#ends.delete(id)
    this.#ends.set(id, end)
    if (this.#ends.size > ENDS_REMEMBERED) this.#forgetOldest()
  }

  delete(id: string): boolean {
    return this.#ends.delete(id)
  }

  /** To be called with the time of each entry before it is judged. */
  forgetAt(time: number): void {
    for (const [id, end] of this.#ends) {
      if (time - end.at <= END_REMEMBERED_MS) return
      this.#ends.delete(id)
    }
  }

  #forgetOldest() {
    for (const id of this.#ends.keys()) {
      this.#ends.delete(id)
      return
    }
  }
}
