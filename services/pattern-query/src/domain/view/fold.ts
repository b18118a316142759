import {
  type Channel,
  type LogEntry,
  momentOf,
  type PatternState,
  type PerChannel,
  type Position,
  perChannel,
  supersedes
} from '@tickstock/contracts'
import { type End, Ends } from './ends.ts'
import { isNewer, type LiveState, liveState } from './live-state.ts'
import { Shadowed } from './shadowed.ts'

/** What is seen: of each pattern the newest word. */
export interface Shown {
  /** Told before what an entry of the log does. */
  at(channel: Channel, offset: number): void
  get(id: string): LiveState | undefined
  /** Ids that the channel has the newest word on. */
  idsOf(channel: Channel): Iterable<string>
  /** Writes a pattern, over what is seen of it. */
  show(state: LiveState): void
  hide(id: string): void
}

/** What an entry of the log did to a pattern, as its channel says it. */
export type Change = {
  readonly offset: number
  readonly id: string
  /** Whether it was known to have ended. */
  readonly revived: boolean
} & ({ readonly state: LiveState } | { readonly end: End })

/** A stretch of a channel's log, and what it did. */
export interface Folded {
  readonly epoch: string
  /** The offset before the first entry. */
  readonly after: number
  /** That of the last. */
  readonly offset: number
  /** The highest `appendedAt` so far, ms. */
  readonly logTime: number
  /** No end before this offset is remembered. */
  readonly endsFrom: number
  readonly changes: readonly Change[]
}

/** Where a channel stands besides its live patterns. */
export interface ChannelState {
  readonly position: Position
  readonly logTime: number
  /** In the order of their offsets. */
  readonly ends: Iterable<readonly [id: string, End]>
}

/** A channel that is being read anew, page by page. What is seen meanwhile is partly old; positions change with the end. */
export interface Replacement {
  hold(states: Iterable<LiveState>): void
  /** Drops what was not held, in steps between which others may have their turn. */
  finish(state: ChannelState): Generator<void, void>
}

/** Patterns dropped in one step: a millisecond. */
const STEP = 256

/**
 * What the logs say of every pattern: a state for each channel that speaks of it, decided by that channel's entries alone, of which the newest is seen.
 * So it is the same for everybody at the same positions, however the channels were read between each other.
 */
export class Fold {
  readonly #shown: Shown
  readonly #shadowed = new Shadowed()
  readonly #positions = new Map<Channel, Position>()
  readonly #ends: Record<Channel, Ends> = perChannel(() => new Ends())
  readonly #logTimes: Record<Channel, number> = perChannel(() => 0)
  #late = 0

  constructor(shown: Shown) {
    this.#shown = shown
  }

  /** Patterns that are live, but not seen. */
  get shadowed(): Shadowed {
    return this.#shadowed
  }

  /** Events that came too late to count, since the start. */
  get late(): number {
    return this.#late
  }

  get ends(): PerChannel<Ends> {
    return this.#ends
  }

  positionOf(channel: Channel): Position | undefined {
    return this.#positions.get(channel)
  }

  /**
   * Applies entries of a channel's log, in order. Those at or before the channel's position were applied before, and change nothing.
   *
   * @throws RangeError for an entry of another epoch: the channel must be replaced first
   */
  apply(channel: Channel, entries: readonly LogEntry[]): Folded {
    const changes: Change[] = []
    const from = this.#positions.get(channel)
    let offset = from?.offset ?? 0
    for (const entry of entries) {
      if (from?.epoch !== entry.epoch) throw new RangeError(`${channel} stands in ${from?.epoch}, not ${entry.epoch}`)
      if (entry.offset <= offset) continue
      offset = entry.offset
      this.#shown.at(channel, offset)
      const change = this.#judge(channel, entry)
      if (change) changes.push(change)
      else this.#late++
    }
    const epoch = from?.epoch ?? ''
    if (from) this.#positions.set(channel, { epoch, offset })
    const logTime = this.#logTimes[channel]
    return { epoch, after: from?.offset ?? 0, offset, logTime, endsFrom: this.#endsFrom(channel, offset), changes }
  }

  replace(channel: Channel): Replacement {
    const held = new Set<string>()
    return {
      hold: states => {
        for (const state of states) {
          held.add(state.pattern.id)
          if (this.#liveOf(channel, state.pattern.id)?.row !== state.row) this.#hold(state)
        }
      },
      finish: state => this.#finish(channel, held, state)
    }
  }

  *#finish(channel: Channel, held: ReadonlySet<string>, { position, logTime, ends }: ChannelState) {
    const gone = [...this.#shown.idsOf(channel), ...this.#shadowed.idsOf(channel)].filter(id => !held.has(id))
    for (const [index, id] of gone.entries()) {
      if (index % STEP === STEP - 1) yield
      this.#release(channel, id)
    }
    const remembered = new Ends()
    for (const [id, end] of ends) remembered.set(id, end)
    remembered.forgetAt(logTime)
    this.#ends[channel] = remembered
    this.#logTimes[channel] = logTime
    this.#positions.set(channel, position)
  }

  #judge(channel: Channel, { offset, appendedAt, event, patternJson, late }: LogEntry): Change | undefined {
    const at = Math.max(this.#logTimes[channel], appendedAt)
    this.#logTimes[channel] = at
    const ends = this.#ends[channel]
    ends.forgetAt(at)
    // The log remembers more ends than a view, and subscribers are told what it says.
    if (late) return undefined
    const { id } = event.pattern
    const end = ends.get(id)
    if (!supersedes(event, end ? { moment: end.moment, ended: true } : this.#known(channel, id))) return undefined
    const about = { offset, id, revived: ends.delete(id) }
    return { ...about, ...this.#change(channel, { event, patternJson }, offset, at) }
  }

  #change(
    channel: Channel,
    { event, patternJson }: Pick<LogEntry, 'event' | 'patternJson'>,
    offset: number,
    at: number
  ) {
    if (event.kind === 'pattern_expired') {
      const end = { moment: momentOf(event), at, offset }
      this.#ends[channel].set(event.pattern.id, end)
      this.#release(channel, event.pattern.id)
      return { end }
    }
    const state = liveState(event.pattern, patternJson)
    this.#hold(state)
    return { state }
  }

  #known(channel: Channel, id: string): PatternState | undefined {
    const live = this.#liveOf(channel, id)
    return live && { moment: live.pattern.updated_at, ended: false }
  }

  #liveOf(channel: Channel, id: string): LiveState | undefined {
    const shown = this.#shown.get(id)
    return shown?.pattern.channel === channel ? shown : this.#shadowed.get(channel, id)
  }

  /** The channel says so now. */
  #hold(state: LiveState) {
    const { channel, id } = state.pattern
    const shown = this.#shown.get(id)
    const others = shown && shown.pattern.channel !== channel ? shown : this.#shadowed.newestOf(id)
    if (!others || isNewer(state.pattern, others.pattern)) {
      this.#shadowed.delete(channel, id)
      if (shown && shown === others) this.#shadowed.set(shown)
      this.#shown.show(state)
    } else {
      this.#shadowed.set(state)
      if (others !== shown) this.#unveil(others)
    }
  }

  /** The channel says nothing of it any more. */
  #release(channel: Channel, id: string) {
    if (this.#shown.get(id)?.pattern.channel !== channel) return this.#shadowed.delete(channel, id)
    const next = this.#shadowed.newestOf(id)
    if (next) this.#unveil(next)
    else this.#shown.hide(id)
  }

  #unveil(state: LiveState) {
    this.#shadowed.delete(state.pattern.channel, state.pattern.id)
    this.#shown.show(state)
  }

  #endsFrom(channel: Channel, offset: number): number {
    return this.#ends[channel].oldest ?? offset + 1
  }
}
