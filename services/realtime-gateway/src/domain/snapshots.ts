import type { Channel, Pattern, Position } from '@tickstock/contracts'
import type { SelectedFilter } from './matcher.ts'

/** A part of what lives. */
export interface SnapshotPage {
  /** Of the channel's log, the same on every page: the patterns are as they were there, or later. Whoever has all of them and applies the events after it has the whole. */
  readonly position: Position
  readonly patterns: readonly Pattern[]
  /** Patterns that are still to come: an estimate until it is 0, and 0 on the last page alone. */
  readonly remaining: number
}

/** What lives now. */
export interface Snapshots {
  /**
   * What lives of a channel and would match the filter, in pages; one at least. A page is asked for when it is taken, so whoever takes slowly holds one page.
   *
   * Rejects with a ProblemError: `patterns_unavailable` while nobody knows, or what is refused for good.
   */
  pages(
    asker: { readonly user: string },
    channel: Channel,
    filter: SelectedFilter,
    abort?: AbortSignal
  ): AsyncIterable<SnapshotPage>
}
