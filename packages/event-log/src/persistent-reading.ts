import { backOff } from './back-off.ts'
import type { Logger } from './logger.ts'
import type { Outage } from './outage.ts'
import { ReadConnection } from './read-connection.ts'
import type { RedisClient } from './redis-client.ts'

export interface PersistentReadingOptions {
  readonly connect: () => RedisClient
  readonly logger: Logger
  /** How long an answer may take beyond the time it may block, ms. Default: 2,000. */
  readonly watchdogMs?: number | undefined
  /** Told of each failure, and when they are over. */
  readonly outage: Outage
}

/** Reads for ever, over one connection after another: what fails is logged, waited for, and begun anew. */
export class PersistentReading {
  readonly #options: PersistentReadingOptions
  #failures = 0
  #lastReadAt: number | undefined

  constructor(options: PersistentReadingOptions) {
    this.#options = options
  }

  /** Failed attempts since the last read that succeeded. */
  get failures(): number {
    return this.#failures
  }

  /** When a read last succeeded, ms by this process' clock. */
  get lastReadAt(): number | undefined {
    return this.#lastReadAt
  }

  succeeded(): void {
    this.#failures = 0
    this.#options.outage.over()
    this.#lastReadAt = Date.now()
  }

  /** @param follow reads from one connection, until it throws. Ends when aborted; never throws. */
  async *signals<Signal>(
    follow: (connection: ReadConnection) => AsyncGenerator<Signal, never>,
    abort: AbortSignal
  ): AsyncGenerator<Signal, void> {
    const { connect, logger, watchdogMs = 2_000, outage } = this.#options
    while (!abort.aborted) {
      let connection: ReadConnection | undefined
      try {
        connection = new ReadConnection({ connect, watchdogMs, abort, logger })
        yield* follow(connection)
      } catch (error) {
        if (abort.aborted) return
        this.#failures++
        outage.failed(error)
      } finally {
        connection?.close()
      }
      await backOff(this.#failures, abort)
    }
  }
}
