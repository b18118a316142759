import { CHANNELS, type Channel, END_REMEMBERED_MS, type LogEntry, type Pattern } from '@tickstock/contracts'

type Known = { readonly moment: number } & ({ readonly pattern: Pattern } | { readonly endedAt: number })

/** What a channel's entries say, one by one and in plain words: the newest moment counts, an end for an hour also against its own moment. */
function naiveFold(entries: readonly LogEntry[]): Map<string, Pattern> {
  const known = new Map<string, Known>()
  let time = 0
  for (const { appendedAt, event } of entries) {
    time = Math.max(time, appendedAt)
    const { id } = event.pattern
    const before = known.get(id)
    const moment = event.kind === 'pattern_expired' ? (event.ends ?? event.published_at) : event.published_at
    const forgotten = before && 'endedAt' in before && time - before.endedAt > END_REMEMBERED_MS
    if (before && !forgotten && (moment < before.moment || (moment === before.moment && 'endedAt' in before))) continue
    known.set(id, event.kind === 'pattern_expired' ? { moment, endedAt: time } : { moment, pattern: event.pattern })
  }
  const live = new Map<string, Pattern>()
  for (const [id, state] of known) if ('pattern' in state) live.set(id, state.pattern)
  return live
}

/** Of each pattern what the channel with the newest word says; of equal moments the channel that is named later. */
export function naiveUnion(logs: Readonly<Record<Channel, readonly LogEntry[]>>): Map<string, Pattern> {
  const all = new Map<string, Pattern>()
  for (const channel of CHANNELS) {
    for (const [id, pattern] of naiveFold(logs[channel])) {
      const other = all.get(id)
      if (!other || pattern.updated_at >= other.updated_at) all.set(id, pattern)
    }
  }
  return all
}
