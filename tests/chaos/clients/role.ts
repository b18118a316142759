import { type Static, Type } from '@sinclair/typebox'
import { Channel, EventFilter } from '@tickstock/contracts'

/** By which way a subscriber reaches the gateways. `faulty` is what network faults befall; `slow` is a thin line all the time. */
const NETWORKS = ['direct', 'faulty', 'slow'] as const

const Network = Type.Union(NETWORKS.map(name => Type.Literal(name)))

/** One subscription of a connection, on each of its channels. */
export const Subscription = Type.Object({
  channels: Type.Array(Channel),
  filter: EventFilter,
  /** `scan`: from the positions of a scan's answer. `snapshot`: with what is live, which needs the SDK. */
  start: Type.Union([Type.Literal('now'), Type.Literal('scan'), Type.Literal('snapshot')])
})

export type Subscription = Static<typeof Subscription>

/** What a subscriber is and does, as the seed decides it. */
export const Role = Type.Object({
  name: Type.String(),
  /** The user that it authenticates as: several subscribers of one user share his lists. */
  user: Type.String(),
  /** `plain`: the protocol alone, without the SDK. */
  by: Type.Union([Type.Literal('sdk'), Type.Literal('plain')]),
  network: Network,
  /** All on one connection. One that acknowledges has one. */
  subscriptions: Type.Array(Subscription, { minItems: 1 }),
  /**
   * `acknowledges`: its subscription has a name, and it begins again where the server says that it was. `switches`: it ends one of its
   * subscriptions now and then and begins it again on the same connection.
   */
  habit: Type.Union([
    Type.Literal('stays'),
    Type.Literal('reloads'),
    Type.Literal('acknowledges'),
    Type.Literal('switches')
  ]),
  /** Time that it takes over an event, ms. */
  paceMs: Type.Integer({ minimum: 0 })
})

export type Role = Static<typeof Role>

/** What those who acknowledge call their device and their subscription. */
export const DEVICE = 'desk'
export const SUBSCRIPTION = 'chaos'
