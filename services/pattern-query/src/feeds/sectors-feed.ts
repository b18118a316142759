import { setTimeout as delay } from 'node:timers/promises'
import type { Sectors } from '@tickstock/contracts'
import type { SectorsFreshness } from '../domain/sectors.ts'

export interface SectorsFeedOptions {
  /** Gives the same object while nothing changed. */
  readonly read: (abort: AbortSignal) => Promise<Sectors>
  readonly apply: (sectors: Sectors['sectors']) => void
  /** Told of each attempt: nothing where it succeeded, else why it failed. */
  readonly attempted: (failure?: unknown) => void
  /** Between one reading and the next, ms. Default: a minute. */
  readonly everyMs?: number
  /** First and longest wait after failures, ms. */
  readonly retry?: { readonly firstMs: number; readonly longestMs: number }
}

const MINUTE = 60_000

/** Reads the sectors of the symbols again and again. Nothing waits for it, and what is known stays while they cannot be read. */
export class SectorsFeed {
  readonly #options: SectorsFeedOptions
  readonly #everyMs: number
  readonly #retry: { readonly firstMs: number; readonly longestMs: number }
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
      await pause(this.#failures === 0 ? this.#turn() : this.#backOff(), abort)
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

  /** Full jitter, as everywhere. */
  #backOff(): number {
    const { firstMs, longestMs } = this.#retry
    return Math.random() * Math.min(longestMs, firstMs * 2 ** Math.min(this.#failures - 1, 16))
  }
}

async function pause(ms: number, abort: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal: abort })
  } catch (error) {
    if (!abort.aborted) throw error
  }
}
