import { type Static, Type } from '@sinclair/typebox'
import { Channel } from '../channels.ts'
import { Position } from '../position.ts'
import { EventFilter } from './filter.ts'

/** The client's own name for a subscription, unique on its socket. */
export const SubscriptionId = Type.String({ minLength: 1, maxLength: 64 })

/** The first message. In development a user's name may stand in for a token. */
export const Auth = Type.Object({
  type: Type.Literal('auth'),
  token: Type.Optional(Type.String({ minLength: 1, maxLength: 8192 })),
  user: Type.Optional(Type.String({ minLength: 1, maxLength: 128 }))
})

/** `from`: 'now' for what comes from here on, a position to be given everything after it first. */
export const Subscribe = Type.Object({
  type: Type.Literal('subscribe'),
  id: SubscriptionId,
  channel: Channel,
  filter: Type.Optional(EventFilter),
  from: Type.Union([Type.Literal('now'), Position])
})

export const Unsubscribe = Type.Object({ type: Type.Literal('unsubscribe'), id: SubscriptionId })

export const Ping = Type.Object({ type: Type.Literal('ping'), id: Type.Optional(Type.String({ maxLength: 64 })) })

export const ClientMessage = Type.Union([Auth, Subscribe, Unsubscribe, Ping])

export type Auth = Static<typeof Auth>
export type Subscribe = Static<typeof Subscribe>
export type Unsubscribe = Static<typeof Unsubscribe>
export type Ping = Static<typeof Ping>
export type ClientMessage = Static<typeof ClientMessage>
