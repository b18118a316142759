import { CHANNELS, type Channel, END_REMEMBERED_MS, type LogEntry, type Pattern } from '@tickstock/contracts'
import type { End } from '../src/domain/view/ends.ts'

type Known = { readonly moment: number } & (
  | { readonly pattern: Pattern }
  | { readonly endedAt: number; readonly offset: number }
)

/** What a channel's entries amount to. */
export interface NaiveState {
  readonly live: ReadonlyMap<string, Pattern>
  /** In the order of their offsets. */
  readonly ends: readonly (readonly [string, End])[]
  readonly logTime: number
  /** Offsets of entries that came too late to count. */
  readonly late: readonly number[]
}

/** What a channel's entries say, one by one and in plain words: the newest moment counts, an end for an hour also against its own moment. */
export function naiveFold(entries: readonly LogEntry[]): NaiveState {
  const known = new Map<string, Known>()
  const late: number[] = []
  let time = 0
  for (const { appendedAt, event, offset } of entries) {
    time = Math.max(time, appendedAt)
    const { id } = event.pattern
    const before = known.get(id)
    const moment = event.kind === 'pattern_expired' ? (event.ends ?? event.published_at) : event.published_at
    const forgotten = before && 'endedAt' in before && time - before.endedAt > END_REMEMBERED_MS
    if (before && !forgotten && (moment < before.moment || (moment === before.moment && 'endedAt' in before))) {
      late.push(offset)
    } else if (event.kind === 'pattern_expired') known.set(id, { moment, endedAt: time, offset })
    else known.set(id, { moment, pattern: event.pattern })
  }
  const live = new Map<string, Pattern>()
  const ends: [string, End][] = []
  for (const [id, state] of known) {
    if ('pattern' in state) live.set(id, state.pattern)
    else ends.push([id, { moment: state.moment, at: state.endedAt, offset: state.offset }])
  }
  return { live, ends: ends.sort(([, one], [, other]) => one.offset - other.offset), logTime: time, late }
}

/** Of each pattern what the channel with the newest word says; of equal moments the channel that is named later. */
export function naiveUnion(logs: Readonly<Record<Channel, readonly LogEntry[]>>): Map<string, Pattern> {
  const all = new Map<string, Pattern>()
  for (const channel of CHANNELS) {
    for (const [id, pattern] of naiveFold(logs[channel]).live) {
      const other = all.get(id)
      if (!other || pattern.updated_at >= other.updated_at) all.set(id, pattern)
    }
  }
  return all
}
