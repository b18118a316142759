import { type Static, Type } from '@sinclair/typebox'
import { Channel, EventFilter, GapReason, Position } from '@tickstock/contracts'

const Offset = Type.Integer({ minimum: 0 })
const Epoch = Type.String()

/**
 * What one subscriber went through on one channel, in order.
 *
 * `from`: where it began, or began again by its own will (a page that was loaded anew). `event`: epoch, offset, id of the event.
 * `gap`: what it was told is lost, and when (ms, as `monotonicTime` says it). `at`: it knows that it has everything up to there.
 */
export const Step = Type.Union([
  Type.Tuple([Type.Literal('event'), Epoch, Offset, Type.String()]),
  Type.Tuple([Type.Literal('from'), Position]),
  Type.Tuple([Type.Literal('gap'), GapReason, Position, Position, Type.Number()]),
  Type.Tuple([Type.Literal('at'), Position])
])

export type Step = Static<typeof Step>

export const SubscriptionRecord = Type.Object({
  subscriber: Type.String(),
  channel: Channel,
  filter: EventFilter,
  steps: Type.Array(Step)
})

export type SubscriptionRecord = Static<typeof SubscriptionRecord>
