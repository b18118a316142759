import { setTimeout as delay } from 'node:timers/promises'
import type { Exit } from '@tickstock/embedded-servers'

/** What runs now. */
export interface Running {
  readonly pid: number
  readonly exited: Promise<Exit>
  stop(): Promise<Exit>
}

export interface KeeperOptions {
  readonly name: string
  /** Starts it and resolves when it is ready. Called again after each unexpected end. */
  readonly start: () => Promise<Running>
  /** Told in words of each unexpected end and each restart. */
  readonly onNote: (note: string) => void
}

const FIRST_WAIT = 100
const LONGEST_WAIT = 5_000
/** After this long a process counts as sound, and its next end as a first one. */
const SOUND_AFTER = 30_000

/**
 * Keeps one process running until it is told to stop.
 *
 * A first end is answered in 100 ms, so that the kill of a service is hardly seen; one that keeps dying is started ever more
 * slowly, so that it does not eat the machine.
 */
export class Keeper {
  readonly name: string
  readonly #options: KeeperOptions
  readonly #stopping = new AbortController()
  #running: Running | undefined
  #replacing: Promise<void> | undefined
  #kept: Promise<void> | undefined

  constructor(options: KeeperOptions) {
    this.name = options.name
    this.#options = options
  }

  /** Undefined while it does not run. */
  get pid(): number | undefined {
    return this.#running?.pid
  }

  /** The first start: what goes wrong is thrown. Told to stop meanwhile, it ends at once what it started. */
  async start(): Promise<void> {
    const started = this.#launch()
    // What went wrong is the caller's; whoever stops us waits for the end alone.
    this.#kept = started.then(
      () => this.#keep(),
      () => undefined
    )
    await started
  }

  /** Starts a successor, and ends the process of before once that is ready. A successor that does not start changes nothing. */
  async replace(): Promise<void> {
    const before = this.#running
    // What has ended is being started anyway.
    if (before === undefined || this.#stopping.signal.aborted) return
    this.#replacing = this.#replace(before)
    await this.#replacing
  }

  /** Ends it in order, and ends the watching. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#replacing
    await this.#running?.stop()
    await this.#kept
  }

  async #launch(): Promise<void> {
    const running = await this.#options.start()
    if (this.#stopping.signal.aborted) await running.stop()
    this.#running = running
  }

  async #replace(before: Running): Promise<void> {
    const { name, onNote } = this.#options
    try {
      await this.#launch()
    } catch (error) {
      onNote(`${name} was not replaced: ${messageOf(error)}`)
      return
    }
    await before.stop()
    onNote(`${name} was replaced (process ${this.pid})`)
  }

  async #keep(): Promise<void> {
    const { name, onNote } = this.#options
    let wait = FIRST_WAIT
    while (this.#running) {
      const since = performance.now()
      const running = this.#running
      const exit = await running.exited
      await this.#replacing
      if (this.#running !== running) continue
      this.#running = undefined
      if (this.#stopping.signal.aborted) return

      onNote(`${name} ended (${exit.signal ?? `exit code ${exit.code}`}), starting it again`)
      if (performance.now() - since > SOUND_AFTER) wait = FIRST_WAIT
      wait = await this.#restart(wait)
    }
  }

  /** Tries until it runs or we stop; returns the wait before the next try. */
  async #restart(first: number): Promise<number> {
    const { name, onNote } = this.#options
    let wait = first
    while (!this.#stopping.signal.aborted && !this.#running) {
      await delay(wait, undefined, { signal: this.#stopping.signal }).catch(() => undefined)
      if (this.#stopping.signal.aborted) break
      wait = Math.min(wait * 2, LONGEST_WAIT)
      try {
        await this.#launch()
        onNote(`${name} runs again (process ${this.pid})`)
      } catch (error) {
        onNote(`${name} did not start: ${messageOf(error)}`)
      }
    }
    return wait
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
