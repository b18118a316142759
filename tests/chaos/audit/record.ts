import { type Static, Type } from '@sinclair/typebox'
import { Channel, EventFilter, GapReason, Position } from '@tickstock/contracts'

const Offset = Type.Integer({ minimum: 0 })
const Epoch = Type.String()
/** ms, as `monotonicTime` says it. */
const Time = Type.Number()

/** What the event was said to change; `updated` where nothing was said. */
const Change = Type.Union([
  Type.Literal('entered'),
  Type.Literal('updated'),
  Type.Literal('left'),
  Type.Literal('late')
])

/**
 * What one subscriber went through on one channel, in order.
 *
 * `from`: where it began, or began again by its own will (a page that was loaded anew). `event`: epoch, offset, id of the event, and what it changes.
 * `gap`: what it was told is lost, and when. `at`: it knows that it has everything up to there.
 *
 * `subscribed`: where a plain client was when its subscription began (again), when it asked, and when the answer came. `retargeted`: where
 * it was when it was told that its list was edited. `snapshot`: position, whether the snapshot
 * begins, the patterns still to come, when it came, and id and `updated_at` of each pattern.
 */
export const Step = Type.Union([
  Type.Tuple([Type.Literal('event'), Epoch, Offset, Type.String(), Change]),
  Type.Tuple([Type.Literal('from'), Position]),
  Type.Tuple([Type.Literal('gap'), GapReason, Position, Position, Time]),
  Type.Tuple([Type.Literal('at'), Position]),
  Type.Tuple([Type.Literal('subscribed'), Position, Time, Time]),
  Type.Tuple([Type.Literal('retargeted'), Position, Time]),
  Type.Tuple([
    Type.Literal('snapshot'),
    Position,
    Type.Boolean(),
    Offset,
    Time,
    Type.Array(Type.Tuple([Type.String(), Type.Number()]))
  ])
])

export type Step = Static<typeof Step>

export const SubscriptionRecord = Type.Object({
  subscriber: Type.String(),
  /** Which of its subscriptions, from 0 on. */
  subscription: Type.Integer({ minimum: 0 }),
  channel: Channel,
  filter: EventFilter,
  /** Every moment at which another version of its list can come into force is among the steps. */
  isExact: Type.Boolean(),
  steps: Type.Array(Step)
})

export type SubscriptionRecord = Static<typeof SubscriptionRecord>
