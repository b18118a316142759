/** What a request was: its route and its status, as one number; see `RequestKinds`. */
export type RequestKind = number

/** A request that is over, or as many as `weight` says. */
export interface TimedRequest {
  readonly kind: RequestKind
  /** Where it stands for several: of the slowest of them, ms. */
  readonly ms: number
  /** When it was over, ms. */
  readonly at: number
  readonly weight: number
}

/** Requests as three columns of numbers: adding one allocates nothing. */
export class RequestBatch {
  readonly #kinds: Int32Array
  readonly #durations: Float64Array
  readonly #times: Float64Array
  #size = 0

  constructor(capacity: number) {
    this.#kinds = new Int32Array(capacity)
    this.#durations = new Float64Array(capacity)
    this.#times = new Float64Array(capacity)
  }

  get size(): number {
    return this.#size
  }

  get isFull(): boolean {
    return this.#size === this.#kinds.length
  }

  /** Must not be full. */
  add(kind: RequestKind, ms: number, at: number): void {
    const index = this.#size++
    this.#kinds[index] = kind
    this.#durations[index] = ms
    this.#times[index] = at
  }

  clear(): void {
    this.#size = 0
  }

  /**
   * The requests, oldest first; some `most` that stand for all of them where there are more. Their weights add up to {@link size}, kind by
   * kind, and each stands for those of its kind that were next to it in duration: the slowest is there, and a quantile of them is off by at
   * most one of `most`.
   */
  requests(most: number): TimedRequest[] {
    if (this.#size > most) return this.#thinned(Math.ceil(this.#size / most))
    return Array.from({ length: this.#size }, (_, index) => ({
      kind: at(this.#kinds, index),
      ms: at(this.#durations, index),
      at: at(this.#times, index),
      weight: 1
    }))
  }

  #thinned(step: number): TimedRequest[] {
    const last = at(this.#times, this.#size - 1)
    const thinned: TimedRequest[] = []
    for (const [kind, durations] of this.#byKind()) {
      // From the slowest on, so that what is left over is of the fastest.
      const sorted = Float64Array.from(durations).sort()
      for (let rank = sorted.length - 1; rank >= 0; rank -= step) {
        thinned.push({ kind, ms: at(sorted, rank), at: last, weight: Math.min(step, rank + 1) })
      }
    }
    return thinned
  }

  #byKind(): Map<RequestKind, number[]> {
    const byKind = new Map<RequestKind, number[]>()
    for (let index = 0; index < this.#size; index++) {
      const kind = at(this.#kinds, index)
      const durations = byKind.get(kind)
      if (durations) durations.push(at(this.#durations, index))
      else byKind.set(kind, [at(this.#durations, index)])
    }
    return byKind
  }
}

/** Beyond the end there is nothing. */
const at = (column: Int32Array | Float64Array, index: number): number => column[index] ?? 0
