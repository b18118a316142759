import { type Static, Type } from '@sinclair/typebox'
import { Channel } from '../channels.ts'
import { Position } from '../position.ts'
import { EventFilter } from './filter.ts'
import { SOCKET_LIMITS } from './protocol.ts'

/** The client's own name for a subscription, unique on its socket. */
export const SubscriptionId = Type.String({ minLength: 1, maxLength: 64 })

/** What a user calls a device, or a subscription whose acknowledged position is kept. */
const KeptName = Type.String({ pattern: '^[A-Za-z0-9._-]{1,64}$' })

const Credits = { maximum: SOCKET_LIMITS.credits, description: 'Events that the server may send' }

/** The first message. In development a user's name may stand in for a token. */
export const Auth = Type.Object({
  type: Type.Literal('auth'),
  token: Type.Optional(Type.String({ minLength: 1, maxLength: 8192 })),
  user: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
  device: Type.Optional(
    Type.Union([KeptName], { description: "Which of the user's devices this is; default: one for all" })
  )
})

/**
 * Where a subscription begins. `now`: with what comes from here on. `snapshot`: with what lives and matches, then what comes after. A position:
 * with everything after it. `acknowledged`: after what this device acknowledged last under the subscription's `name`, or where it never did after what the user's
 * furthest device did, or else now. `acknowledged_anywhere`: after what the user's furthest device did.
 */
export const From = Type.Union([
  Type.Literal('now'),
  Type.Literal('snapshot'),
  Type.Literal('acknowledged'),
  Type.Literal('acknowledged_anywhere'),
  Position
])

export const Subscribe = Type.Object({
  type: Type.Literal('subscribe'),
  id: SubscriptionId,
  channel: Channel,
  filter: Type.Optional(EventFilter),
  from: From,
  name: Type.Optional(
    Type.Union([KeptName], {
      description: 'Positions acknowledged for it are kept under this name and its channel, for the user and device'
    })
  ),
  known: Type.Optional(
    Type.Union([Position], {
      description:
        'How far the client itself knows to have come under the name. With `from: acknowledged…`, in case the stored position is lost'
    })
  ),
  credits: Type.Optional(
    Type.Integer({
      minimum: 0,
      ...Credits,
      description: 'Events that may be sent before `pull` allows more; default: any'
    })
  )
})

export const Unsubscribe = Type.Object({ type: Type.Literal('unsubscribe'), id: SubscriptionId })

/** Everything up to these positions was taken care of: by subscription, of those with a `name`. Cumulative. */
export const Ack = Type.Object({
  type: Type.Literal('ack'),
  positions: Type.Record(SubscriptionId, Position, { minProperties: 1, maxProperties: SOCKET_LIMITS.subscriptions })
})

/** So many more events may be sent: to one subscription, or to each that counts credits. */
export const Pull = Type.Object({
  type: Type.Literal('pull'),
  id: Type.Optional(SubscriptionId),
  credits: Type.Integer({ minimum: 1, ...Credits })
})

/** A new token of the same user for this socket, which then lives as long as that. */
export const Refresh = Type.Object({
  type: Type.Literal('refresh'),
  token: Type.String({ minLength: 1, maxLength: 8192 })
})

export const Ping = Type.Object({ type: Type.Literal('ping'), id: Type.Optional(Type.String({ maxLength: 64 })) })

export const ClientMessage = Type.Union([Auth, Subscribe, Unsubscribe, Ack, Pull, Refresh, Ping])

export type Auth = Static<typeof Auth>
export type From = Static<typeof From>
export type Subscribe = Static<typeof Subscribe>
export type Unsubscribe = Static<typeof Unsubscribe>
export type Ack = Static<typeof Ack>
export type Pull = Static<typeof Pull>
export type Refresh = Static<typeof Refresh>
export type Ping = Static<typeof Ping>
export type ClientMessage = Static<typeof ClientMessage>
