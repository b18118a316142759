import type {
  Channel,
  ClientMessage,
  ErrorMessage,
  EventChange,
  Gap,
  Pattern,
  PatternEvent,
  Position
} from '@tickstock/contracts'
import type { LiveStatus } from '../live-status.ts'

/** `idle`: nothing to listen to. `waiting`: for the next attempt. `stopped`: not without a new token or a change. `closed`: for good. */
export type SessionState = 'idle' | 'connecting' | 'live' | 'waiting' | 'stopped' | 'closed'

/** What lies between `have` and `next` was not delivered and will not be: scan again, it goes on after `next`. */
export type MissedEvents = Pick<Gap, 'reason' | 'have' | 'next'>

/** Why a subscription or a message was refused. */
export type Refusal = Pick<ErrorMessage, 'code' | 'detail' | 'action' | 'temporary'>

/** What a session asks of whoever runs it, in order. */
export type SessionEffect =
  | { readonly type: 'open'; readonly socket: number }
  | { readonly type: 'authenticate'; readonly socket: number }
  /** The token of a socket ends soon: send a new one with `refresh`, or say `renew_failed`. */
  | { readonly type: 'renew'; readonly socket: number }
  | { readonly type: 'send'; readonly socket: number; readonly message: ClientMessage }
  | { readonly type: 'hang_up'; readonly socket: number; readonly code: number; readonly reason: string }
  | {
      readonly type: 'deliver'
      readonly id: string
      readonly channel: Channel
      readonly event: PatternEvent
      readonly position: Position
      /** When it was appended to the log, ms by the server's clock. */
      readonly at: number
      readonly change: EventChange | undefined
    }
  /** With `begins` an earlier one is void. Events after `position` follow when `remaining` is 0. */
  | {
      readonly type: 'snapshot'
      readonly id: string
      readonly patterns: readonly Pattern[]
      readonly position: Position
      readonly begins: boolean
      readonly remaining: number
    }
  | { readonly type: 'gap'; readonly id: string; readonly gap: MissedEvents }
  | { readonly type: 'caught_up'; readonly id: string; readonly position: Position }
  /** What it follows was edited: after this position the new filter holds. */
  | { readonly type: 'retargeted'; readonly id: string; readonly position: Position }
  | { readonly type: 'position'; readonly id: string; readonly position: Position }
  | { readonly type: 'refused'; readonly id: string; readonly refusal: Refusal }
  /** What is about no subscription: a new token was not to be had, or a message was not understood. All goes on. */
  | { readonly type: 'warning'; readonly refusal: Refusal }
  | { readonly type: 'status'; readonly id: string; readonly status: LiveStatus }
  | { readonly type: 'state'; readonly state: SessionState; readonly reason: string }
