import { type Static, Type } from '@sinclair/typebox'
import { Channel } from '../channels.ts'
import { PatternEvent } from '../event.ts'
import { Pattern, Timestamp } from '../pattern.ts'
import { Position } from '../position.ts'
import { SubscriptionId } from './client-messages.ts'

const Offset = Type.Integer({ minimum: 0 })

/** What the server calls a subscription's channel and filter. On one connection it belongs to one subscription at a time. */
export const FeedId = Type.String({ minLength: 1, maxLength: 64 })

/** Answers `auth`: messages may be sent now. */
export const Welcome = Type.Object({
  type: Type.Literal('welcome'),
  user: Type.String(),
  server: Type.String({ description: 'Which instance this is' }),
  time: Timestamp,
  heartbeat_ms: Type.Integer({
    description: 'A heartbeat comes at least this often; silence for twice as long is a dead connection'
  }),
  expires_at: Type.Optional(
    Type.Union([Timestamp], { description: 'When the socket ends with its token, unless that is refreshed' })
  )
})

/** Answers `refresh`: the new token counts. */
export const Refreshed = Type.Object({
  type: Type.Literal('refreshed'),
  expires_at: Type.Optional(Type.Union([Timestamp], { description: 'When the socket ends with its token' }))
})

/**
 * Answers `subscribe`. Events after `position` follow; up to `top` they are a replay. In mode `snapshot` the `snapshot` messages come between: what lived at
 * `position`.
 */
export const Subscribed = Type.Object({
  type: Type.Literal('subscribed'),
  id: SubscriptionId,
  feed: FeedId,
  channel: Channel,
  mode: Type.Union([Type.Literal('live'), Type.Literal('resumed'), Type.Literal('snapshot')]),
  position: Position,
  top: Offset
})

/**
 * The watchlist or saved filter of a subscription was edited. What matched the one before, up to `position`, was sent as `previous_feed`; what
 * matches the new one after it comes as `feed`. For what lived already and matches only now, scan.
 */
export const Retargeted = Type.Object({
  type: Type.Literal('retargeted'),
  id: SubscriptionId,
  previous_feed: FeedId,
  feed: FeedId,
  position: Position,
  last: Type.Integer({ minimum: 0, description: 'Offset of the newest event that was sent as `previous_feed`' })
})

/** Patterns that live and match, as they were at `position` or after it. The last one of a subscription has `remaining` 0; then its events follow. */
export const Snapshot = Type.Object({
  type: Type.Literal('snapshot'),
  id: SubscriptionId,
  feed: FeedId,
  position: Position,
  patterns: Type.Array(Pattern),
  remaining: Type.Integer({ minimum: 0, description: 'Patterns that are still to come; an estimate until it is 0' })
})

/** Answers `ack`: these positions are kept, and hold on every instance. By subscription. */
export const Acknowledged = Type.Object({
  type: Type.Literal('acknowledged'),
  positions: Type.Record(SubscriptionId, Position)
})

/** Answers `unsubscribe`: nothing more comes under this id. */
export const Unsubscribed = Type.Object({ type: Type.Literal('unsubscribed'), id: SubscriptionId })

/** What an event changes for a filter; absent: the pattern matched before and matches now. */
export const EventChange = Type.Union([
  Type.Literal('entered', { description: 'The pattern matches now; before, it was not live or did not match' }),
  Type.Literal('left', { description: 'The pattern matched before, and no longer does: by a threshold or by its end' }),
  Type.Literal('late', { description: 'The event is older than what is known, and changes nothing' })
])

export type EventChange = Static<typeof EventChange>

/**
 * One event. `previous` is the offset of the event before it that matched this feed, or a place after it where nothing matched:
 * a `previous` beyond the client's own position means that something was missed.
 */
export const EventMessage = Type.Object({
  type: Type.Literal('event'),
  feed: FeedId,
  epoch: Type.String(),
  offset: Type.Integer({ minimum: 1 }),
  previous: Offset,
  at: Type.Union([Timestamp], { description: 'When the event was appended to the log, ms' }),
  change: Type.Optional(EventChange),
  event: PatternEvent
})

/** The replay of a feed has reached the live end. */
export const CaughtUp = Type.Object({ type: Type.Literal('caught_up'), feed: FeedId, position: Position })

/** Why events between `have` and `next` will not come. */
export const GapReason = Type.Union([
  Type.Literal('expired', { description: 'Retention has cut them' }),
  Type.Literal('stream_reset', { description: 'The log was lost or went backwards: a new epoch' }),
  Type.Literal('ahead', { description: 'The position lies beyond the end of the log' }),
  Type.Literal('replay_too_large', { description: 'More lies between than this server replays' }),
  Type.Literal('position_lost', {
    description: 'No position of the epoch of `known` is stored, and the log no longer has what follows `known`'
  })
])

export type GapReason = Static<typeof GapReason>

/** Never silent: the events after `have` and up to `next` are not available here. The feed continues after `next`. */
export const Gap = Type.Object({
  type: Type.Literal('gap'),
  feed: FeedId,
  reason: GapReason,
  have: Position,
  last: Type.Integer({
    minimum: 0,
    description: 'Offset of the newest event that was sent before, in the epoch of `have`'
  }),
  next: Position,
  action: Type.Literal('rescan', { description: 'Scan, and go on from the positions of the answer' })
})

/**
 * The feed is behind: what comes for it is no longer sent as it happens. Nothing is lost while the log retains it; `caught_up` says that it is over.
 * `reading`: it takes less than comes, and is served from the log. `credits`: it has none left, and something waits.
 */
export const Slow = Type.Object({
  type: Type.Literal('slow'),
  feed: FeedId,
  reason: Type.Union([Type.Literal('reading'), Type.Literal('credits')]),
  position: Position,
  top: Offset
})

/** Per feed: `offset` is the highest offset considered, `last` the newest that matched; all up to there was sent before. `top` is the end of the log. */
export const Heartbeat = Type.Object({
  type: Type.Literal('heartbeat'),
  time: Timestamp,
  feeds: Type.Record(FeedId, Type.Object({ epoch: Type.String(), offset: Offset, last: Offset, top: Offset })),
  pipeline: Type.Object({
    read_age_ms: Type.Integer({ minimum: 0, description: 'Since the log was last read with success' }),
    event_age_ms: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()], {
      description: 'Since the newest event was appended'
    })
  })
})

export const Pong = Type.Object({ type: Type.Literal('pong'), id: Type.Optional(Type.String()), time: Timestamp })

/** The instance is going, or does not read the log: open a new socket within the time, then leave this one. */
export const Drain = Type.Object({ type: Type.Literal('drain'), within_ms: Type.Integer({ minimum: 0 }) })

/** A message was refused; the socket lives on unless a close follows. `code` is of the problem catalogue. */
export const ErrorMessage = Type.Object({
  type: Type.Literal('error'),
  code: Type.String(),
  detail: Type.String(),
  action: Type.String(),
  temporary: Type.Boolean(),
  id: Type.Optional(Type.String({ description: 'The subscription it is about' }))
})

export const ServerMessage = Type.Union([
  EventMessage,
  Heartbeat,
  Welcome,
  Refreshed,
  Subscribed,
  Snapshot,
  Retargeted,
  Unsubscribed,
  Acknowledged,
  CaughtUp,
  Slow,
  Gap,
  Pong,
  Drain,
  ErrorMessage
])

export type Welcome = Static<typeof Welcome>
export type Refreshed = Static<typeof Refreshed>
export type Snapshot = Static<typeof Snapshot>
export type Acknowledged = Static<typeof Acknowledged>
export type Slow = Static<typeof Slow>
export type Subscribed = Static<typeof Subscribed>
export type Retargeted = Static<typeof Retargeted>
export type Unsubscribed = Static<typeof Unsubscribed>
export type EventMessage = Static<typeof EventMessage>
export type CaughtUp = Static<typeof CaughtUp>
export type Gap = Static<typeof Gap>
export type Heartbeat = Static<typeof Heartbeat>
export type Pong = Static<typeof Pong>
export type Drain = Static<typeof Drain>
export type ErrorMessage = Static<typeof ErrorMessage>
export type ServerMessage = Static<typeof ServerMessage>
