import { logKey, type Position } from '@tickstock/contracts'
import { afterOffset } from './after-offset.ts'
import type { StreamEntry } from './arrange.ts'
import type { LogSignal } from './log-signal.ts'
import type { ReaderOptions } from './reader-options.ts'
import { type EntrySource, ReadingLoop } from './reading-loop.ts'
import type { RedisClient } from './redis-client.ts'

/** Reads the log of one channel after a position, and goes on as it grows. Keeps nothing in Redis. */
export class LogReader {
  readonly #loop: ReadingLoop

  constructor(options: ReaderOptions) {
    this.#loop = new ReadingLoop(options, streamSource(options))
  }

  /** What has been delivered: the last entry of the last signal, or where a gap ended. */
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

  /** Every entry after the cursor, once and in order, and every gap. Survives lost connections; ends when aborted. Never throws. */
  signals(abort: AbortSignal): AsyncGenerator<LogSignal, void> {
    return this.#loop.signals(abort)
  }
}

function streamSource({ channel, batch = 512 }: ReaderOptions): EntrySource {
  const log = logKey(channel)
  return {
    join: async (_redis: RedisClient, cursor: Position) => cursor,
    jump: async () => undefined,
    async read(redis: RedisClient, { offset }: Position, blockMs: number): Promise<readonly StreamEntry[]> {
      const after = afterOffset(offset)
      const reply =
        blockMs > 0
          ? await redis.xread('COUNT', batch, 'BLOCK', blockMs, 'STREAMS', log, after)
          : await redis.xread('COUNT', batch, 'STREAMS', log, after)
      return reply?.[0]?.[1] ?? []
    }
  }
}
