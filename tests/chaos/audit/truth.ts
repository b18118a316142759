import { isDeepStrictEqual } from 'node:util'
import {
  CHANNELS,
  type Channel,
  type EventFilter,
  type LogEntry,
  type Pattern,
  type PerChannel,
  type Position,
  perChannel
} from '@tickstock/contracts'
import { type Effect, LivePatterns } from './live-patterns.ts'
import { type Change, changeFor } from './matching.ts'

/** What was in one epoch of a channel's log, as long as it lived. */
export interface TrueEpoch {
  readonly epoch: string
  readonly entries: ReadonlyMap<number, LogEntry>
  /** Offset before the first entry, as the log's head says it. */
  readonly start: number
  /** Highest offset seen. */
  readonly top: number
}

/** An entry, and what it does to what is live. */
interface Effective {
  readonly entry: LogEntry
  readonly effect: Effect
}

interface Epoch extends TrueEpoch {
  readonly entries: Map<number, LogEntry>
  readonly sights: Sight[]
  start: number
  top: number
}

/** What an epoch of the log held at one look. */
export interface Sight {
  /** When the answer was there, ms by the clock of {@link monotonicTime}. */
  readonly seenAt: number
  /** Oldest offset that it still had. */
  readonly first: number
  readonly top: number
}

/** Milliseconds, in every process of this machine the same, whatever happens to its wall clock. */
export const monotonicTime = (): number => performance.timeOrigin + performance.now()

/** Everything that ever stood in the logs, that of lost epochs too. */
export class Truth {
  readonly #epochs: PerChannel<Map<string, Epoch>> = perChannel(() => new Map())
  /** What the entries left live that were forgotten. */
  readonly #forgotten = perChannel(() => new LivePatterns())
  readonly #matching = new Map<string, readonly number[]>()
  readonly #effects = new Map<string, ReadonlyMap<number, Effective>>()
  /** An offset that said one thing and then another: the log's own promise is broken. */
  readonly rewritten: string[] = []

  /** In the order in which they began. */
  epochsOf(channel: Channel): readonly TrueEpoch[] {
    return [...this.#epochs[channel].values()]
  }

  epoch(channel: Channel, epoch: string): TrueEpoch | undefined {
    return this.#epochs[channel].get(epoch)
  }

  get size(): number {
    return CHANNELS.flatMap(channel => this.epochsOf(channel)).reduce((sum, { entries }) => sum + entries.size, 0)
  }

  begin(channel: Channel, epoch: string, start: number): void {
    this.#of(channel, epoch).start = start
  }

  note(channel: Channel, entry: LogEntry): void {
    const epoch = this.#of(channel, entry.epoch)
    const known = epoch.entries.get(entry.offset)
    if (known !== undefined) {
      if (known.event.id !== entry.event.id)
        this.rewritten.push(`${channel} ${entry.epoch}:${entry.offset} was ${known.event.id}, then ${entry.event.id}`)
      return
    }
    epoch.entries.set(entry.offset, entry)
    epoch.top = Math.max(epoch.top, entry.offset)
    this.#unlearn()
  }

  /** Looks are noted in the order in which they were taken. */
  sees(channel: Channel, epoch: string, sight: Sight): void {
    const { sights } = this.#of(channel, epoch)
    const last = sights.at(-1)
    if (last?.first !== sight.first || last.top !== sight.top) sights.push(sight)
    else sights[sights.length - 1] = sight
  }

  /** The log at the first look after a time: what was cut off it or appended to it by then is at most what this says. */
  seenAfter(channel: Channel, epoch: string, time: number): Sight | undefined {
    const { sights = [] } = this.#epochs[channel].get(epoch) ?? {}
    return sights.find(({ seenAt }) => seenAt >= time) ?? sights.at(-1)
  }

  /** Entries that no loss has touched, of all epochs, in order: those of an epoch that is over live on up to where the next one began. */
  surviving(channel: Channel): LogEntry[] {
    const epochs = this.epochsOf(channel)
    return epochs.flatMap(({ entries }, index) => {
      const end = Math.min(...epochs.slice(index + 1).map(({ start }) => start))
      return [...entries.values()].filter(({ offset }) => offset <= end)
    })
  }

  /** What is live at a position: by what survived of the epochs before, and by the entries of its own. */
  liveAt(channel: Channel, { epoch, offset }: Position): LivePatterns {
    const live = new LivePatterns(this.#forgotten[channel])
    const epochs = this.epochsOf(channel)
    const index = epochs.findIndex(one => one.epoch === epoch)
    epochs.slice(0, index + 1).forEach(({ entries }, at) => {
      const own = at === index ? offset : Number.POSITIVE_INFINITY
      const end = Math.min(own, ...epochs.slice(at + 1, index + 1).map(({ start }) => start))
      for (const entry of entries.values()) if (entry.offset <= end) live.apply(entry)
    })
    return live
  }

  /**
   * Forgets the entries up to an offset, but for what they left live. A log that has begun anew is kept whole.
   *
   * @returns what was forgotten
   */
  forget(channel: Channel, upTo: number): LogEntry[] {
    const [only, ...others] = this.#epochs[channel].values()
    if (only === undefined || others.length > 0) return []
    const forgotten = [...only.entries.values()].filter(({ offset }) => offset <= upTo)
    for (const entry of forgotten) {
      this.#forgotten[channel].apply(entry)
      only.entries.delete(entry.offset)
    }
    only.start = Math.max(only.start, ...forgotten.slice(-1).map(({ offset }) => offset))
    only.sights.splice(
      0,
      only.sights.findIndex(({ top }) => top > upTo)
    )
    this.#unlearn()
    return forgotten
  }

  /** Offsets of an epoch whose events pass a filter, ascending. */
  matching(channel: Channel, epoch: string, filter: EventFilter): readonly number[] {
    const key = JSON.stringify([channel, epoch, filter])
    const known = this.#matching.get(key)
    if (known !== undefined) return known
    const offsets = [...this.#effectsOf(channel, epoch).values()].flatMap(({ entry, effect }) =>
      changeFor(filter, entry.event, effect) === undefined ? [] : [entry.offset]
    )
    offsets.sort((one, other) => one - other)
    this.#matching.set(key, offsets)
    return offsets
  }

  /** What an entry is to a filter; undefined if it is not to be sent. */
  changeAt(channel: Channel, { epoch, offset }: Position, filter: EventFilter): Change | undefined {
    const { entry, effect } = this.#effectsOf(channel, epoch).get(offset) ?? {}
    return entry && effect && changeFor(filter, entry.event, effect)
  }

  /** Entries that say otherwise what their event changed than the log itself does. */
  *misstated(channel: Channel): Iterable<string> {
    for (const { epoch } of this.epochsOf(channel)) {
      for (const { entry, effect } of this.#effectsOf(channel, epoch).values()) {
        const { before, late = false, offset, event } = entry
        const values = effect.before && valuesOf(effect.before)
        if (late === effect.isLate && isDeepStrictEqual(before, values)) continue
        const said = JSON.stringify({ before, late })
        yield `${channel} ${epoch}:${offset} ${event.id} says ${said}, and is ${JSON.stringify({ before: values, late: effect.isLate })}`
      }
    }
  }

  #effectsOf(channel: Channel, epoch: string): ReadonlyMap<number, Effective> {
    const key = JSON.stringify([channel, epoch])
    const known = this.#effects.get(key)
    if (known !== undefined) return known
    const own = this.#epochs[channel].get(epoch)
    const live = this.liveAt(channel, { epoch, offset: own?.start ?? 0 })
    const entries = [...(own?.entries.values() ?? [])].map(
      entry => [entry.offset, { entry, effect: live.apply(entry) }] as const
    )
    const effects = new Map(entries)
    this.#effects.set(key, effects)
    return effects
  }

  #unlearn(): void {
    this.#matching.clear()
    this.#effects.clear()
  }

  #of(channel: Channel, name: string): Epoch {
    const epochs = this.#epochs[channel]
    const epoch = epochs.get(name) ?? { epoch: name, entries: new Map(), sights: [], start: 0, top: 0 }
    epochs.set(name, epoch)
    return epoch
  }
}

/** The values of a pattern that thresholds are compared with. */
function valuesOf({
  confidence,
  indicators: { relative_strength, relative_volume, rsi }
}: Pattern): LogEntry['before'] {
  return {
    confidence,
    ...(relative_strength !== undefined && { relative_strength }),
    ...(relative_volume !== undefined && { relative_volume }),
    ...(rsi !== undefined && { rsi })
  }
}
