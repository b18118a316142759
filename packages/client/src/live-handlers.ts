import type { Channel, EventChange, Pattern, PatternEvent, Position } from '@tickstock/contracts'
import type { LiveStatus } from './live-status.ts'
import type { MissedEvents, Refusal, SessionState } from './session/effect.ts'

/** Where an event stands in its channel's log. */
export interface Place {
  readonly channel: Channel
  readonly position: Position
}

/** Where an event is in its channel's log, and what it changes. */
export interface EventPlace extends Place {
  /** When it was appended to the log, ms by the server's clock. */
  readonly at: number
  /**
   * `entered`: the pattern matches the filter now, and did not before. `left`: it matched, and no longer does, by a threshold or by its end. `late`: the event
   * is older than what is known, and changes nothing. Undefined: it matched before and matches now.
   */
  readonly change: EventChange | undefined
}

/** A page of what lived when a subscription began. */
export interface SnapshotPage extends Place {
  /** The first page of a snapshot: it replaces what came of an earlier one, and of the events after that. */
  readonly begins: boolean
  /** Patterns still to come; an estimate until it is 0, with which the snapshot is complete. */
  readonly remaining: number
}

/**
 * What an application does with what comes. A handler may return a promise: what comes next on its channel waits for it, and a position counts as
 * applied, to be kept or acknowledged, only when the handlers of all that lies before it have settled.
 *
 * An error of a handler, thrown or rejected, is the application's: it is thrown on as the program's uncaught error. A subscription whose position is kept
 * (`name`, `keep`) ends before what could not be applied, so that it comes again, and tells `onEnd` instead, where there is one; any other goes on.
 */
export interface LiveHandlers {
  /** Each event that matches, once, in the order of its channel. */
  onEvent(event: PatternEvent, place: EventPlace): unknown
  /** What lives and matches, page by page, before the events after it: of a subscription `from: 'snapshot'`. */
  onSnapshot?(patterns: readonly Pattern[], page: SnapshotPage): unknown
  /** Events are lost to this subscription: scan again. It continues after `gap.next`. One `from: 'snapshot'` begins with another snapshot by itself. */
  onGap?(gap: MissedEvents, channel: Channel): unknown
  /** The replay of a channel has reached the live end; again after each reconnect. */
  onCaughtUp?(place: Place): unknown
  /**
   * The watchlist or saved filter was edited, perhaps while no connection was open. It counts as it is now after this place: scan for what lived before. One
   * `from: 'snapshot'` begins with another snapshot by itself.
   */
  onRetargeted?(place: Place): unknown
  /** Everything that matches up to here was applied. */
  onPosition?(place: Place): unknown
  /** It stands otherwise than before; while it is not `live` also, a few times a second at most, how far it is behind. At once, not in the order of events. */
  onStatus?(status: LiveStatus): void
  /** It has ended by an error: of a handler, before what that could not do, or of the store that is to say where it begins. */
  onEnd?(error: unknown): void
  onState?(state: SessionState, reason: string): void
  /** It was refused, or its watchlist or saved filter was deleted. It is asked for again only if that is temporary. */
  onRefused?(refusal: Refusal, channel: Channel): void
}
