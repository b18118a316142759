import type { Position } from '@tickstock/contracts'
import { GroupSource } from './group-source.ts'
import type { LogSignal } from './log-signal.ts'
import { ReadConnection } from './read-connection.ts'
import type { GroupReaderOptions } from './reader-options.ts'
import { ReadingLoop } from './reading-loop.ts'

/** How long the last acknowledgements may take when reading ends, ms. */
const FAREWELL_MS = 1_000

/**
 * Reads the log of one channel through a consumer group, which remembers in Redis what was acknowledged: at least once.
 *
 * A process that starts with the name of a group gets first what was delivered but not acknowledged, then what is new.
 */
export class GroupReader {
  readonly #options: GroupReaderOptions
  readonly #source: GroupSource
  readonly #loop: ReadingLoop

  constructor(options: GroupReaderOptions) {
    this.#options = options
    this.#source = new GroupSource(options)
    this.#loop = new ReadingLoop(options, this.#source)
  }

  /** What has been delivered: the last entry of the last signal, or where a gap ended. The group's own once it is joined. */
  get cursor(): Position {
    return this.#loop.cursor
  }

  /** Failed attempts since the last read that succeeded. */
  get failures(): number {
    return this.#loop.failures
  }

  /** When a read last succeeded, ms by this process' clock. */
  get lastReadAt(): number | undefined {
    return this.#loop.lastReadAt
  }

  /**
   * Everything delivered up to and including this position is done with, and will not be delivered again.
   *
   * Sent with the next read, and when reading ends. A position of an earlier epoch is left out: the next one covers it.
   */
  ack(upTo: Position): void {
    const { epoch, offset } = this.#loop.cursor
    if (upTo.epoch === epoch) this.#source.acknowledge(Math.min(upTo.offset, offset))
  }

  /** Every entry after the cursor, in order, and every gap. Survives lost connections; ends when aborted. Never throws. */
  async *signals(abort: AbortSignal): AsyncGenerator<LogSignal, void> {
    try {
      yield* this.#loop.signals(abort)
    } finally {
      if (this.#source.hasUnsent) await this.#sendLast()
    }
  }

  /** On a connection of its own: that of the reader may still be blocked in a read. */
  async #sendLast() {
    const { connect, logger, channel, group } = this.#options
    const connection = new ReadConnection({ connect, logger, watchdogMs: FAREWELL_MS })
    try {
      await connection.run(redis => this.#source.send(redis))
    } catch (error) {
      logger.warn({ err: error, channel, group }, 'the last acknowledgements were not sent: entries will come again')
    } finally {
      connection.close()
    }
  }
}
