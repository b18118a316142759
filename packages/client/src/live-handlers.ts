import type { Channel, PatternEvent, Position } from '@tickstock/contracts'
import type { MissedEvents, Refusal, SessionState } from './session/effect.ts'

/** Where an event stands in its channel's log. */
export interface Place {
  readonly channel: Channel
  readonly position: Position
}

/** An error of a handler is the application's: it is thrown on, and the subscription goes on. */
export interface LiveHandlers {
  /** Each event that matches, once, in the order of its channel. */
  onEvent(event: PatternEvent, place: Place): void
  /** Events are lost to this subscription: scan again. It goes on after `gap.next`. */
  onGap?(gap: MissedEvents, channel: Channel): void
  /** The replay of a channel has reached the live end; again after each reconnect. */
  onCaughtUp?(place: Place): void
  /** The watchlist or saved filter was edited, and holds as it is now after this place: scan for what lived before. */
  onRetargeted?(place: Place): void
  /** Everything that matches up to here was delivered. */
  onPosition?(place: Place): void
  onState?(state: SessionState, reason: string): void
  /** It was refused, or its watchlist or saved filter was deleted. It is asked for again only if that is temporary. */
  onRefused?(refusal: Refusal, channel: Channel | undefined): void
}
