import { setImmediate as turn } from 'node:timers/promises'
import {
  type Channel,
  CorruptLogEntryError,
  type KnownEvents,
  type LogEntry,
  type Position
} from '@tickstock/contracts'
import {
  backOff,
  inspectLog,
  isRetryable,
  LogReader,
  type LogState,
  Outage,
  type RedisClient,
  readRange,
  UnexpectedReplyError
} from '@tickstock/event-log'
import type { Logger } from '@tickstock/service-kit'
import type { Folded } from '../domain/view/fold.ts'
import { PatternView } from '../domain/view/pattern-view.ts'
import type { Instruments } from '../instruments.ts'
import type { UnifiedLoader, UnifiedSnapshot } from '../stores/unified-loader.ts'
import type { ProjectResult, UnifiedPatterns } from '../stores/unified-patterns.ts'

export interface LogFollowerOptions {
  readonly channel: Channel
  readonly view: PatternView
  readonly unified: UnifiedPatterns
  readonly loader: UnifiedLoader
  /** For short commands. */
  readonly redis: RedisClient
  /** Makes connections for blocking reads. */
  readonly connect: () => RedisClient
  readonly logger: Logger
  readonly instruments: Pick<Instruments, 'applied' | 'late' | 'gaps'>
  /** How long one read waits, ms. */
  readonly blockMs: number
  /** Events that this process has itself appended. */
  readonly known?: KnownEvents | undefined
  /** Called when the view may have changed. */
  readonly changed: () => void
}

/** Entries read at once. */
const BATCH = 512

/** Entries projected by one script: a millisecond of Redis' time. */
const CHUNK = 128

/**
 * Brings one channel's log into the view and into the ZSET, for ever. Starts from the ZSET where it belongs to the log's epoch,
 * else from the oldest entry that the log still has; starts again whenever the reader tells a gap, or Redis has lost what was projected.
 */
export class LogFollower {
  readonly #options: LogFollowerOptions
  readonly #building: Outage
  readonly #projecting: Outage
  #reader: LogReader | undefined
  #lastReadAt = 0
  #caughtUp = false
  /** Where the log ended when the view was built. Not "nothing new": a busy log always has something new. */
  #target = 0
  #failures = 0
  #trouble: { readonly since: number; readonly reason: string } | undefined

  constructor(options: LogFollowerOptions) {
    this.#options = options
    const { channel, logger } = options
    this.#building = new Outage(logger, 'building the view', { channel })
    this.#projecting = new Outage(logger, 'writing the live patterns', { channel })
  }

  /** Whether the view has had everything that stood in the log when it was built. Stays true while it is built again. */
  get caughtUp(): boolean {
    return this.#caughtUp
  }

  /** When the log was last read with success, ms. */
  get lastReadAt(): number {
    return Math.max(this.#lastReadAt, this.#reader?.lastReadAt ?? 0)
  }

  /** Why the view cannot be built, and since when; undefined where it can. */
  get trouble(): string | undefined {
    if (!this.#trouble) return undefined
    const { since, reason } = this.#trouble
    return `${reason} (since ${new Date(since).toISOString()})`
  }

  /** Runs until aborted. Never throws. */
  async run(abort: AbortSignal): Promise<void> {
    let gapEnd: Position | undefined
    while (!abort.aborted) {
      try {
        const from = await this.#build(gapEnd, abort)
        this.#failures = 0
        this.#trouble = undefined
        this.#building.over()
        gapEnd = await this.#follow(from, abort)
      } catch (error) {
        if (abort.aborted) return
        this.#failures++
        this.#trouble = { since: this.#trouble?.since ?? Date.now(), reason: reasonOf(error) }
        this.#building.failed(error)
        await backOff(this.#failures, abort)
      }
    }
  }

  /**
   * @param gapEnd what lies before it is known not to come
   * @returns the position from which the log is to be read
   */
  async #build(gapEnd: Position | undefined, abort: AbortSignal): Promise<Position> {
    const { channel, view, unified, loader, redis, logger } = this.#options
    // What was projected first: what is projected meanwhile would seem to lie beyond the end of the log.
    const snapshot = await loader.load(channel)
    const state = await inspectLog(redis, channel)
    this.#lastReadAt = Date.now()
    const { epoch, offset: end } = state.head
    this.#target = end
    if (snapshot && belongs(snapshot.position, state)) return this.#load(snapshot, state, gapEnd)
    const from = { epoch, offset: state.first - 1 }
    await unified.restart(channel, from)
    logger.info({ channel, from, was: snapshot?.position }, 'the view is built from the log')
    if (from.offset < state.start) {
      await this.#projectFormer(from, state, abort)
      return this.#build(gapEnd, abort)
    }
    await inTurns(view.replace(channel).finish({ position: from, logTime: 0, ends: [] }))
    return from
  }

  async #load({ position, ends }: UnifiedSnapshot, { first }: LogState, gapEnd?: Position): Promise<Position> {
    const { channel, view, unified, loader, logger, instruments } = this.#options
    const began = performance.now()
    const { epoch, offset, logTime } = position
    const replacement = view.replace(channel)
    let patterns = 0
    for await (const states of loader.pages(channel, position)) {
      replacement.hold(states)
      patterns += states.length
    }
    const from = { epoch, offset: Math.max(offset, first - 1, gapEnd?.epoch === epoch ? gapEnd.offset : 0) }
    await inTurns(replacement.finish({ position: from, logTime, ends }))
    if (from.offset > offset) {
      if (gapEnd === undefined) instruments.gaps.inc({ channel, reason: 'expired' })
      logger.warn({ channel, have: position, next: from }, 'entries that nobody has read are no longer in the log')
      await unified.project(channel, { ...position, after: offset, offset: from.offset, changes: [] })
    }
    const ms = Math.round(performance.now() - began)
    logger.info({ channel, patterns, ends: ends.length, from, ms }, 'the view is built from the live patterns')
    return from
  }

  /**
   * Projects the entries of former epochs that the log still has: they happened, so they count, as if they were of this one. The view is
   * loaded when they all are: a scan in the middle of them would miss live patterns, at a position that this epoch never had.
   */
  async #projectFormer({ epoch, offset }: Position, { start }: LogState, abort: AbortSignal): Promise<void> {
    const { channel, redis, logger, instruments } = this.#options
    const former = new PatternView({ maxLivePatterns: Number.POSITIVE_INFINITY })
    former.reset(channel, [], { epoch, offset })
    let after = offset
    let last: Folded | undefined
    try {
      while (after < start && !abort.aborted) {
        const read = await readRange(redis, channel, { after, count: BATCH })
        const entries = read.filter(entry => entry.offset <= start).map(entry => ({ ...entry, epoch }))
        after = entries.at(-1)?.offset ?? start
        const folded = foldedBy(former, channel, entries)
        instruments.applied.inc({ channel }, entries.length)
        last = folded.at(-1) ?? last
        await this.#require(folded, abort)
      }
    } catch (error) {
      if (!(error instanceof CorruptLogEntryError)) throw error
      logger.error({ err: error, channel, after, start }, 'entries of a former epoch are left out')
    }
    abort.throwIfAborted()
    const { logTime = 0, endsFrom = 0, offset: reached = offset } = last ?? {}
    await this.#require([{ epoch, after: reached, offset: start, logTime, endsFrom, changes: [] }], abort)
  }

  /** @throws UnexpectedReplyError where a new epoch has begun meanwhile, or Redis has lost what was projected */
  async #require(folded: readonly Folded[], abort: AbortSignal): Promise<void> {
    const result = await this.#write(folded, abort)
    if (result !== 'projected') throw new UnexpectedReplyError(`others have projected elsewhere: ${result}`)
  }

  /** While entries are written, the next are read. @returns the end of the gap that it met, if it was one */
  async #follow(from: Position, abort: AbortSignal): Promise<Position | undefined> {
    const { channel, connect, logger, instruments, blockMs, known, changed } = this.#options
    this.#reach(from.offset)
    this.#reader = new LogReader({ connect, channel, from, logger, blockMs, batch: BATCH, known })
    let writing: Promise<ProjectResult> = Promise.resolve('projected')
    try {
      for await (const signal of this.#reader.signals(abort)) {
        if (signal.kind === 'gap') {
          instruments.gaps.inc({ channel, reason: signal.reason })
          logger.warn({ channel, ...signal }, 'a gap in the log')
          return signal.next
        }
        const folded = signal.kind === 'entries' ? this.#apply(signal.entries) : []
        changed()
        if ((await writing) !== 'projected') return undefined
        writing = this.#write(folded, abort)
        // Waited for with the next signal; should it fail before, that is not unheard of.
        writing.catch(() => {})
      }
    } finally {
      await writing
    }
    return undefined
  }

  #reach(offset: number) {
    if (offset >= this.#target) this.#caughtUp = true
  }

  /** Into the view first: it is what is waited for. */
  #apply(entries: readonly LogEntry[]): Folded[] {
    const { channel, view, instruments } = this.#options
    const folded = foldedBy(view, channel, entries)
    const changes = folded.reduce((sum, each) => sum + each.changes.length, 0)
    instruments.applied.inc({ channel }, entries.length)
    instruments.late.inc({ channel }, entries.length - changes)
    this.#reach(entries.at(-1)?.offset ?? 0)
    return folded
  }

  async #write(folded: readonly Folded[], abort: AbortSignal): Promise<ProjectResult> {
    const { channel, unified } = this.#options
    for (let failures = 1; !abort.aborted; failures++) {
      try {
        const results = await Promise.all(folded.map(each => unified.project(channel, each)))
        this.#projecting.over()
        return results.find(result => result !== 'projected') ?? 'projected'
      } catch (error) {
        if (!isRetryable(error)) throw error
        this.#projecting.failed(error)
        await backOff(failures, abort)
      }
    }
    return 'projected'
  }
}

function foldedBy(view: PatternView, channel: Channel, entries: readonly LogEntry[]): Folded[] {
  const folded: Folded[] = []
  for (let at = 0; at < entries.length; at += CHUNK) folded.push(view.apply(channel, entries.slice(at, at + CHUNK)))
  return folded
}

/** Whether what was projected up to this position is a beginning of what the log holds. */
const belongs = ({ epoch, offset }: Position, { head, start }: LogState): boolean =>
  epoch === head.epoch && offset >= start && offset <= head.offset

async function inTurns(steps: Iterable<void>): Promise<void> {
  for (const _ of steps) await turn()
}

/** What ioredis says of a connection that is not there is of use to programmers. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'ReplyError') return `Redis refuses: ${error.message}`
  return isRetryable(error) ? 'Redis does not answer' : error.message
}
