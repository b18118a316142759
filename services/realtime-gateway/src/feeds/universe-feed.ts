import { setTimeout as delay } from 'node:timers/promises'
import { UniverseChanges, type UniverseChangesOptions } from '@tickstock/event-log'
import type { Following } from '../domain/following.ts'

/** Longest wait between two looks at what cannot be read. ms */
const LONGEST_PAUSE = 5_000

/** Waits, longer after each failure and by chance. ms */
export const pause = (failures: number): Promise<void> =>
  delay(Math.min(LONGEST_PAUSE, 100 * 2 ** Math.min(failures, 10)) * (0.5 + Math.random() / 2), undefined, {
    ref: false
  })

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
