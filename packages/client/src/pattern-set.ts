import { type Channel, momentOf, type Pattern, type PatternEvent } from '@tickstock/contracts'
import type { EventPlace, SnapshotPage } from './live-handlers.ts'
import type { LiveItem } from './live-items.ts'

/**
 * The patterns that live and match a filter: what a scan would find where the subscription is. For a subscription that
 * begins with a snapshot; a gap, or an edit of its filter, is followed by another snapshot, which replaces the set.
 *
 *     const patterns = new PatternSet()
 *     for await (const item of client.live({ filter, from: 'snapshot' })) if (patterns.take(item)) show([...patterns])
 */
export class PatternSet implements Iterable<Pattern> {
  readonly #byId = new Map<Channel, Map<string, Pattern>>()

  get size(): number {
    let size = 0
    for (const patterns of this.#byId.values()) size += patterns.size
    return size
  }

  *[Symbol.iterator](): Iterator<Pattern> {
    for (const patterns of this.#byId.values()) yield* patterns.values()
  }

  get(channel: Channel, id: string): Pattern | undefined {
    return this.#byId.get(channel)?.get(id)
  }

  /** @returns whether the set has changed */
  take(item: LiveItem): boolean {
    if (item.type === 'event') return this.event(item.event, item)
    return item.type === 'snapshot' && this.snapshot(item.patterns, item)
  }

  /** For `onSnapshot`. @returns whether the set has changed */
  snapshot(patterns: readonly Pattern[], { channel, begins }: SnapshotPage): boolean {
    const known = this.#of(channel)
    const isChanged = patterns.length > 0 || (begins && known.size > 0)
    if (begins) known.clear()
    for (const pattern of patterns) known.set(pattern.id, pattern)
    return isChanged
  }

  /** For `onEvent`. @returns whether the set has changed */
  event(event: PatternEvent, { channel, change }: EventPlace): boolean {
    const patterns = this.#of(channel)
    const { id } = event.pattern
    const known = patterns.get(id)
    // A snapshot may be newer than its position: an event after that position may say less than the set has already.
    if (change === 'late' || (known && momentOf(event) < known.updated_at)) return false
    if (change === 'left' || event.kind === 'pattern_expired') return patterns.delete(id)
    patterns.set(id, event.pattern)
    return true
  }

  #of(channel: Channel): Map<string, Pattern> {
    const patterns = this.#byId.get(channel) ?? new Map<string, Pattern>()
    this.#byId.set(channel, patterns)
    return patterns
  }
}
