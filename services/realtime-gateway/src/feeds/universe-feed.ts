import { setTimeout as delay } from 'node:timers/promises'
import { UniverseChanges, type UniverseChangesOptions, waitAfter } from '@tickstock/event-log'
import type { Following } from '../domain/following.ts'

/** Between two looks at what cannot be read. */
const LOOK_AGAIN = { firstMs: 200, longestMs: 5_000 }

/** Waits, longer after each failure. It holds no process: a subscription that waits ends with its socket. */
export const pause = (failures: number): Promise<void> =>
  delay(waitAfter(failures, LOOK_AGAIN), undefined, { ref: false })

/** Brings the edits of watchlists and saved filters to the subscriptions that follow them. */
export class UniverseFeed {
  readonly #changes: UniverseChanges
  readonly #following: Following
  readonly #stop = new AbortController()
  #running: Promise<void> | undefined

  constructor({ following, ...options }: UniverseChangesOptions & { readonly following: Following }) {
    this.#following = following
    this.#changes = new UniverseChanges(options)
  }

  start(): void {
    this.#running = this.#run()
  }

  async close(): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    for await (const signal of this.#changes.signals(this.#stop.signal)) {
      if (signal.kind === 'gap') this.#following.takeAny()
      else for (const change of signal.changes) this.#following.take(change)
    }
  }
}
