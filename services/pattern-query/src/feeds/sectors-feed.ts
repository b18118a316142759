import type { Sectors } from '@tickstock/contracts'
import { type BackOffBounds, pause, waitAfter } from '@tickstock/event-log'
import type { SectorsFreshness } from '../domain/sectors.ts'

export interface SectorsFeedOptions {
  /** Gives the same object while nothing changed. */
  readonly read: (abort: AbortSignal) => Promise<Sectors>
  readonly apply: (sectors: Sectors['sectors']) => void
  /** Told of each attempt: nothing where it succeeded, else why it failed. */
  readonly attempted: (failure?: unknown) => void
  /** Between one reading and the next, ms. Default: a minute. */
  readonly everyMs?: number
  /** Waits after failures. */
  readonly retry?: BackOffBounds
}

const MINUTE = 60_000

/** Reads the sectors of the symbols again and again. Nothing waits for it, and what is known stays while they cannot be read. */
export class SectorsFeed {
  readonly #options: SectorsFeedOptions
  readonly #everyMs: number
  readonly #retry: BackOffBounds
  #known: Sectors | undefined
  #readAt = 0
  #failures = 0

  constructor(options: SectorsFeedOptions) {
    this.#options = options
    this.#everyMs = options.everyMs ?? MINUTE
    this.#retry = options.retry ?? { firstMs: 250, longestMs: 15_000 }
  }

  /** `old` when three turns brought nothing. */
  get freshness(): SectorsFreshness {
    if (this.#known === undefined) return 'unknown'
    return performance.now() - this.#readAt > 3 * this.#everyMs ? 'old' : 'known'
  }

  /** Ends when aborted. Never throws. */
  async run(abort: AbortSignal): Promise<void> {
    while (!abort.aborted) {
      await this.#read(abort)
      await pause(this.#failures === 0 ? this.#turn() : waitAfter(this.#failures, this.#retry), abort)
    }
  }

  async #read(abort: AbortSignal): Promise<void> {
    const { read, apply, attempted } = this.#options
    try {
      const sectors = await read(abort)
      if (sectors !== this.#known) apply(sectors.sectors)
      this.#known = sectors
      this.#readAt = performance.now()
      this.#failures = 0
      attempted()
    } catch (error) {
      if (abort.aborted) return
      this.#failures += 1
      attempted(error)
    }
  }

  /** A tenth of it is chance, so that replicas that were started together do not stay together. */
  #turn(): number {
    return this.#everyMs * (0.9 + Math.random() / 10)
  }
}
