import { setTimeout as delay } from 'node:timers/promises'
import { backOff, Outage } from '@tickstock/event-log'
import type { Logger } from '@tickstock/service-kit'
import type { ChangeStream } from '../stores/change-stream.ts'
import type { Outbox } from '../stores/outbox.ts'
import type { RelayInstruments } from './relay-instruments.ts'

/** Edits taken at once. */
const BATCH = 256

/** How often it is looked without having been woken, ms. */
interface Intervals {
  /** Another replica may have been killed in its turn. */
  readonly look: number
  /** While it is another replica's turn: a writer waits for whoever reaches Redis, and that one may not. */
  readonly turn: number
}

const INTERVALS: Intervals = { look: 500, turn: 50 }

/** While Redis is away there is nothing to try; its own connection tells that it is. */
class AwayError extends Error {
  override readonly name = 'AbortError'
}

export interface OutboxRelayOptions {
  readonly outbox: Outbox
  readonly stream: ChangeStream
  readonly logger: Logger
  readonly instruments: RelayInstruments
  readonly intervals?: Intervals
}

/**
 * Brings what was committed into the stream of changes: at least once, in each user's order, and never not. Every replica runs
 * one, and they take turns.
 */
export class OutboxRelay {
  readonly #options: OutboxRelayOptions
  readonly #outage: Outage
  #woken = Promise.withResolvers<void>()

  constructor(options: OutboxRelayOptions) {
    this.#options = options
    this.#outage = new Outage(options.logger, 'relaying the changes of the universe')
  }

  /** There may be something to do. */
  wake(): void {
    this.#woken.resolve()
  }

  /** Until aborted. Never rejects. */
  async run(abort: AbortSignal): Promise<void> {
    const { look, turn } = this.#options.intervals ?? INTERVALS
    for (let failures = 0; !abort.aborted; ) {
      try {
        this.#woken = Promise.withResolvers()
        const taken = await this.#pass()
        failures = 0
        this.#outage.over()
        if (taken !== BATCH) await this.#rest(taken === undefined ? turn : look, abort)
      } catch (error) {
        failures += 1
        this.#outage.failed(error)
        await this.#recover(failures, abort)
      }
    }
  }

  /** Resolves when nothing of a user's waits any more, or after a quarter of a second: then nobody has reached Redis. */
  async relayed(user: string): Promise<void> {
    const { outbox, logger } = this.#options
    for (const ms of [5, 10, 20, 40, 80, 95]) {
      await delay(ms)
      try {
        if (!(await outbox.holds(user))) return
      } catch (error) {
        logger.warn({ err: error }, 'the outbox cannot be asked')
      }
    }
  }

  async #pass(): Promise<number | undefined> {
    const { outbox, stream, instruments } = this.#options
    if (!stream.connected) {
      instruments.age.set((await outbox.age()) / 1_000)
      throw new AwayError('Redis is away')
    }
    const taken = await outbox.take(BATCH, async changes => {
      await stream.publish(changes)
      const now = Date.now()
      for (const { at } of changes) instruments.delay.observe(Math.max(0, now - at) / 1_000)
    })
    if (taken !== undefined) instruments.age.set(0)
    return taken
  }

  /** Until it is time to try again, or something has changed. */
  async #recover(failures: number, abort: AbortSignal): Promise<void> {
    this.#woken = Promise.withResolvers()
    const changed = new AbortController()
    try {
      await Promise.race([this.#woken.promise, backOff(failures, AbortSignal.any([abort, changed.signal]))])
    } finally {
      changed.abort()
    }
  }

  async #rest(ms: number, abort: AbortSignal): Promise<void> {
    const rested = new AbortController()
    const signal = AbortSignal.any([abort, rested.signal])
    try {
      await Promise.race([this.#woken.promise, delay(ms, undefined, { signal })])
    } catch (error) {
      if (!abort.aborted) throw error
    } finally {
      rested.abort()
    }
  }
}
