import type { Position } from '@tickstock/contracts'
import { arrange, positionOf, type StreamEntry } from './arrange.ts'
import type { GapSignal, LogSignal } from './log-signal.ts'
import { inspectLog, type KnownEntry, type LogState } from './open-log.ts'
import { Outage } from './outage.ts'
import { PersistentReading } from './persistent-reading.ts'
import type { ReadConnection } from './read-connection.ts'
import type { ReaderOptions } from './reader-options.ts'
import type { RedisClient } from './redis-client.ts'

/** Where the entries come from: the stream itself, or a consumer group of it. */
export interface EntrySource {
  /** Called on each new connection, and when entries that must be there do not come. Returns the position to go on after. */
  join(redis: RedisClient, cursor: Position): Promise<Position>
  /** Entries after the cursor, oldest first. Waits for them up to `blockMs`; 0 does not wait. */
  read(redis: RedisClient, cursor: Position, blockMs: number): Promise<readonly StreamEntry[]>
  /** The log was reset: the next read is after `next`. */
  jump(redis: RedisClient, next: Position): Promise<void>
}

/** Reads one channel for ever: reconnects, checks each entry against the cursor, and tells every gap. */
export class ReadingLoop {
  readonly #options: ReaderOptions
  readonly #source: EntrySource
  readonly #blockMs: number
  readonly #reading: PersistentReading
  #cursor: Position
  /** The last entry that this loop has itself read: a log that does not hold it any more has lost its tail. */
  #witnessed: KnownEntry | undefined

  constructor(options: ReaderOptions, source: EntrySource) {
    this.#options = options
    this.#source = source
    this.#cursor = options.from
    this.#blockMs = options.blockMs ?? 1_000
    const { connect, logger, watchdogMs, channel } = options
    this.#reading = new PersistentReading({
      connect,
      logger,
      watchdogMs,
      outage: new Outage(logger, 'reading the log', { channel })
    })
  }

  get cursor(): Position {
    return this.#cursor
  }

  get failures(): number {
    return this.#reading.failures
  }

  get lastReadAt(): number | undefined {
    return this.#reading.lastReadAt
  }

  signals(abort: AbortSignal): AsyncGenerator<LogSignal, void> {
    return this.#reading.signals(connection => this.#follow(connection), abort)
  }

  async *#follow(connection: ReadConnection): AsyncGenerator<LogSignal, never> {
    // It may be another Redis now, promoted without the tail of the log: if so, this begins a new epoch, which is then met in reading.
    if (this.#witnessed) await connection.run(redis => inspectLog(redis, this.#options.channel, this.#witnessed))
    this.#cursor = await connection.run(redis => this.#source.join(redis, this.#cursor))

    // The first read does not wait: if there is nothing after the cursor, the log itself may have gone.
    let blockMs = 0
    for (;;) {
      const waited = blockMs
      const read = await connection.run(redis => this.#source.read(redis, this.#cursor, waited), waited)
      this.#reading.succeeded()

      const unclear = yield* this.#deliver(read)
      blockMs = this.#blockMs
      if (read.length > 0 && !unclear) continue

      const state = await connection.run(redis => inspectLog(redis, this.#options.channel, this.#witnessed))
      const gap =
        missed(this.#cursor, state) ?? (unclear && reset(this.#cursor, { ...unclear, offset: unclear.offset - 1 }))
      if (gap) {
        if (gap.reason === 'stream_reset') await connection.run(redis => this.#source.jump(redis, gap.next))
        this.#cursor = gap.next
        yield gap
        blockMs = 0
      } else if (state.head.offset === this.#cursor.offset) {
        yield { kind: 'idle', head: state.head }
      } else {
        // Appended a moment ago, or given by the group to somebody else.
        this.#cursor = await connection.run(redis => this.#source.join(redis, this.#cursor))
      }
    }
  }

  #remember({ epoch, offset, appendedAt }: KnownEntry) {
    this.#cursor = { epoch, offset }
    this.#witnessed = { epoch, offset, appendedAt }
  }

  async *#deliver(read: readonly StreamEntry[]) {
    const { logger, channel, known } = this.#options
    const corrupt = (error: Error) => logger.error({ err: error, channel }, 'an entry of the log is not understood')
    const arranged = arrange(this.#cursor, read, corrupt, known)
    for (;;) {
      const { value, done } = arranged.next()
      if (done) return value
      if (value.kind === 'gap') this.#cursor = value.next
      else {
        const last = value.entries.at(-1)
        if (last) this.#remember(last)
      }
      yield value
    }
  }
}

/** The gap that shows when the cursor is held against the log's state, if there is one. */
function missed(have: Position, { head, start, first }: LogState): GapSignal | undefined {
  if (have.epoch !== head.epoch || have.offset < start) return reset(have, { epoch: head.epoch, offset: start })
  if (have.offset > head.offset) return reset(have, head)
  if (have.offset < first - 1) {
    return { kind: 'gap', reason: 'expired', have, next: { epoch: head.epoch, offset: first - 1 } }
  }
  return undefined
}

function reset(have: Position, next: Position): GapSignal {
  return { kind: 'gap', reason: 'stream_reset', have, next: positionOf(next) }
}
