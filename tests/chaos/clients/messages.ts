import { type Static, Type } from '@sinclair/typebox'
import { Positions } from '@tickstock/contracts'
import { SubscriptionRecord } from '../audit/record.ts'
import { Role } from './role.ts'

/** Where each network leads. */
export const Urls = Type.Object({ direct: Type.String(), faulty: Type.String(), slow: Type.String() })

export type Urls = Static<typeof Urls>

/** What the process of the clients is asked. */
export const Request = Type.Union([
  Type.Object({ do: Type.Literal('open'), roles: Type.Array(Role), urls: Urls }),
  /** Some begin anew, as a page that is loaded again. */
  Type.Object({ do: Type.Literal('reload'), names: Type.Array(Type.String()) }),
  /** Some leave, until they are told to begin anew. */
  Type.Object({ do: Type.Literal('leave'), names: Type.Array(Type.String()) }),
  /** All lose their sockets, and come back within the time, ms. */
  Type.Object({ do: Type.Literal('scatter'), withinMs: Type.Integer({ minimum: 0 }) }),
  Type.Object({ do: Type.Literal('report'), heads: Type.Optional(Positions) }),
  /** They tell what they went through since they were last asked. */
  Type.Object({ do: Type.Literal('tell') }),
  /** They leave, and tell the rest. */
  Type.Object({ do: Type.Literal('finish') })
])

export type Request = Static<typeof Request>

export const Report = Type.Object({
  subscribers: Type.Integer(),
  /** Subscribers that know where they are on each of their channels. */
  begun: Type.Integer(),
  delivered: Type.Integer(),
  gaps: Type.Integer(),
  reconnects: Type.Integer(),
  /** What a server said no to. */
  refusals: Type.Array(Type.String()),
  /** What a server said and the protocol does not allow. */
  faults: Type.Array(Type.String()),
  /** Those who have not come as far as the heads that were named, and where they are. */
  behind: Type.Array(Type.String()),
  /** Subscriptions that follow a list, and have not had an event that shows its last edit. */
  unmarked: Type.Array(Type.String())
})

export type Report = Static<typeof Report>

/** Each request is answered, in order: by records in any number of messages, then by `done`, or by `failed`. */
export const Answer = Type.Union([
  Type.Object({ type: Type.Literal('records'), records: Type.Array(SubscriptionRecord) }),
  Type.Object({ type: Type.Literal('done'), report: Report }),
  Type.Object({ type: Type.Literal('failed'), error: Type.String() })
])

export type Answer = Static<typeof Answer>
