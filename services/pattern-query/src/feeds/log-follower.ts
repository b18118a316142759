import { type Channel, CorruptLogEntryError, type LogEntry, type Position } from '@tickstock/contracts'
import { inspectLog, isRetryable, LogReader, type LogState, readRange } from '@tickstock/event-log'
import type { Logger } from '@tickstock/service-kit'
import type { Redis } from 'ioredis'
import type { PatternView } from '../domain/view/pattern-view.ts'
import type { Instruments } from '../instruments.ts'
import type { UnifiedPatterns } from '../stores/unified-patterns.ts'
import { backOff } from './back-off.ts'

export interface LogFollowerOptions {
  readonly channel: Channel
  readonly view: PatternView
  readonly unified: UnifiedPatterns
  /** For short commands. */
  readonly redis: Redis
  /** Makes connections for blocking reads. */
  readonly connect: () => Redis
  readonly logger: Logger
  readonly instruments: Instruments
  /** How long one read waits, ms. */
  readonly blockMs: number
  /** Called when the view may have changed. */
  readonly changed: () => void
}

/** Entries read at once when the log is read again from its beginning. */
const BATCH = 512

/**
 * Brings one channel's log into the view and into the ZSET, for ever. Starts from the ZSET where it belongs to the log's epoch,
 * else from the oldest entry that the log still has; starts again whenever the reader tells a gap.
 */
export class LogFollower {
  readonly #options: LogFollowerOptions
  #reader: LogReader | undefined
  #lastReadAt = 0
  #caughtUp = false
  /** Where the log ended when the view was built. Not "nothing new": a busy log always has something new. */
  #target = 0
  #failures = 0

  constructor(options: LogFollowerOptions) {
    this.#options = options
  }

  /** Whether the view has had everything that stood in the log when it was built. Stays true while it is built again. */
  get caughtUp(): boolean {
    return this.#caughtUp
  }

  /** When the log was last read with success, ms. */
  get lastReadAt(): number {
    return Math.max(this.#lastReadAt, this.#reader?.lastReadAt ?? 0)
  }

  /** Runs until aborted. Never throws. */
  async run(abort: AbortSignal): Promise<void> {
    const { channel, logger } = this.#options
    while (!abort.aborted) {
      try {
        const from = await this.#build(abort)
        this.#failures = 0
        await this.#follow(from, abort)
      } catch (error) {
        if (abort.aborted) return
        this.#failures++
        logger.warn({ err: error, channel, failures: this.#failures }, 'the view could not be built')
        await backOff(this.#failures, abort)
      }
    }
  }

  /** @returns the position from which the log is to be read */
  async #build(abort: AbortSignal): Promise<Position> {
    const { channel, view, unified, redis, logger } = this.#options
    // The live patterns first: what is projected meanwhile would seem to lie beyond the end of the log.
    const { patterns, position } = await unified.load(channel)
    const state = await inspectLog(redis, channel)
    this.#lastReadAt = Date.now()
    const { epoch, offset: end } = state.head
    this.#target = end
    if (position && belongs(position, state)) {
      const from = { epoch, offset: Math.max(position.offset, state.first - 1) }
      view.reset(channel, patterns, from)
      logger.info({ channel, patterns: patterns.length, from }, 'the view is built from the live patterns')
      return from
    }
    const from = { epoch, offset: state.first - 1 }
    await unified.restart(channel, from)
    view.reset(channel, [], from)
    logger.info({ channel, from, was: position }, 'the view is built from the log')
    return this.#replay(from, state, abort)
  }

  /** Entries of former epochs that the log still has: they happened, so they count, as if they were of this one. */
  async #replay({ epoch, offset }: Position, { start }: LogState, abort: AbortSignal): Promise<Position> {
    const { channel, redis, logger } = this.#options
    let after = offset
    try {
      while (after < start && !abort.aborted) {
        const read = await readRange(redis, channel, { after, count: BATCH })
        const former = read.filter(entry => entry.offset <= start).map(entry => ({ ...entry, epoch }))
        after = former.at(-1)?.offset ?? start
        await this.#take(former, abort)
      }
    } catch (error) {
      if (!(error instanceof CorruptLogEntryError)) throw error
      logger.error({ err: error, channel, after, start }, 'entries of a former epoch are left out')
    }
    return { epoch, offset: Math.max(offset, start) }
  }

  async #follow(from: Position, abort: AbortSignal) {
    const { channel, connect, logger, instruments, blockMs, changed } = this.#options
    this.#reach(from.offset)
    this.#reader = new LogReader({ connect, channel, from, logger, blockMs, batch: BATCH })
    for await (const signal of this.#reader.signals(abort)) {
      if (signal.kind === 'gap') {
        instruments.gaps.inc({ channel, reason: signal.reason })
        logger.warn({ channel, ...signal }, 'a gap in the log')
        return
      }
      if (signal.kind === 'idle') changed()
      else if ((await this.#take(signal.entries, abort)) === 'other_epoch') return
    }
  }

  #reach(offset: number) {
    if (offset >= this.#target) this.#caughtUp = true
  }

  /** Into the view first: it is what is waited for. */
  async #take(entries: readonly LogEntry[], abort: AbortSignal): Promise<'projected' | 'other_epoch' | 'aborted'> {
    const { channel, view, unified, logger, instruments, changed } = this.#options
    view.apply(channel, entries)
    instruments.applied.inc({ channel }, entries.length)
    this.#reach(entries.at(-1)?.offset ?? 0)
    changed()
    for (let failures = 1; !abort.aborted; failures++) {
      try {
        return await unified.project(channel, entries)
      } catch (error) {
        if (!isRetryable(error)) throw error
        logger.warn({ err: error, channel, failures }, 'the live patterns could not be written: again')
        await backOff(failures, abort)
      }
    }
    return 'aborted'
  }
}

/** Whether what was projected up to this position is a beginning of what the log holds. */
const belongs = ({ epoch, offset }: Position, { head, start }: LogState): boolean =>
  epoch === head.epoch && offset >= start && offset <= head.offset
