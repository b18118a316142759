import { type Static, Type } from '@sinclair/typebox'
import { Channel, EventFilter } from '@tickstock/contracts'

/** By which way a subscriber reaches the gateways. `faulty` is what network faults befall; `slow` is a thin line all the time. */
const NETWORKS = ['direct', 'faulty', 'slow'] as const

const Network = Type.Union(NETWORKS.map(name => Type.Literal(name)))

/** What a subscriber is and does, as the seed decides it. */
export const Role = Type.Object({
  name: Type.String(),
  /** `plain`: the protocol alone, without the SDK; of its first channel. */
  by: Type.Union([Type.Literal('sdk'), Type.Literal('plain')]),
  network: Network,
  channels: Type.Array(Channel),
  filter: EventFilter,
  /** `scan`: from the positions of a scan's answer. */
  start: Type.Union([Type.Literal('now'), Type.Literal('scan')]),
  /** `acknowledges`: its subscription has a name, and it begins again where the server says that it was. */
  habit: Type.Union([Type.Literal('stays'), Type.Literal('reloads'), Type.Literal('acknowledges')]),
  /** Time that it takes over an event, ms. */
  paceMs: Type.Integer({ minimum: 0 })
})

export type Role = Static<typeof Role>

/** What those who acknowledge call their device and their subscription. */
export const DEVICE = 'desk'
export const SUBSCRIPTION = 'chaos'
