import type { PatternEvent } from './event.ts'

/** What is known of a pattern: of which moment, and whether it has ended. */
export interface PatternState {
  /** ms: `updated_at` of a live pattern, {@link momentOf} the event that ended another. */
  readonly moment: number
  readonly ended: boolean
}

/**
 * How long an end is remembered, so that what comes late does not revive the pattern: ms of the log's time, which is the highest `appendedAt` so far. So
 * the entries alone decide, and everybody who reads them decides alike.
 */
export const END_REMEMBERED_MS = 60 * 60 * 1_000

/** How long after its `expires_at` a live state is remembered, ms of the log's time: its expiry ends it long before. */
export const LIVE_REMEMBERED_MS = 24 * 60 * 60 * 1_000

/** States remembered of one channel, live and ended: beyond that the ones due first are forgotten early. */
export const STATES_REMEMBERED = 1_000_000

/** Ends remembered of one channel, the newest: beyond that the oldest is forgotten early. */
export const ENDS_REMEMBERED = 100_000

/** Offsets kept of a live pattern, the newest: where the log has what happened to it. */
export const OFFSETS_KEPT = 32

/**
 * The moment that an event speaks of, ms. Of an expiry that no producer sent it is that of the state whose time was over: an update that was
 * published before the end and comes after it prolongs the pattern all the same.
 */
export const momentOf = (event: PatternEvent): number =>
  event.kind === 'pattern_expired' ? (event.ends ?? event.published_at) : event.published_at

/**
 * Whether an event changes what is known of its pattern. Producers' events come late and out of order; the newest moment counts, and of
 * equal ones the one that the log has last. What has ended is revived only by what is newer than its end.
 */
export const supersedes = (event: PatternEvent, known: PatternState | undefined): boolean =>
  known === undefined || (known.ended ? momentOf(event) > known.moment : momentOf(event) >= known.moment)
