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
  #time = 0

  get size(): number {
    return this.#ends.size
  }

  /** Offset of the oldest end; undefined where there is none. */
  get oldest(): number | undefined {
    const [end] = this.#ends.values()
    return end?.offset
  }

  get(id: string): End | undefined {
    const end = this.#ends.get(id)
    return end && this.#isForgotten(end) ? undefined : end
  }

  /**
   * Ends come in the order of their offsets. While a channel is loaded, ends are read that are newer than its position: until the log has come to
   * these, an older end comes after them.
   */
  set(id: string, end: End): void {
    this.#ends.delete(id)
    this.#ends.set(id, end)
    if (this.#ends.size > ENDS_REMEMBERED) this.#forgetOldest()
  }

  /** @returns whether it was remembered */
  delete(id: string): boolean {
    const end = this.get(id)
    this.#ends.delete(id)
    return end !== undefined
  }

  /** To be called with the time of each entry before it is judged. */
  forgetAt(time: number): void {
    this.#time = time
    for (const [id, end] of this.#ends) {
      if (!this.#isForgotten(end)) return
      this.#ends.delete(id)
    }
  }

  #isForgotten({ at }: End): boolean {
    return this.#time - at > END_REMEMBERED_MS
  }

  #forgetOldest() {
    for (const id of this.#ends.keys()) {
      this.#ends.delete(id)
      return
    }
  }
}
