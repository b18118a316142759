import type { Channel, EventFilter, From, Position } from '@tickstock/contracts'

/** What an application wants to hear of. */
export interface SubscriptionRequest {
  /** The application's name for it, unique in the session, among those too that have ended. */
  readonly id: string
  readonly channel: Channel
  readonly filter?: EventFilter | undefined
  /** Until the first answer; then it goes on from its position. */
  readonly from: From
  /** The server keeps what is acknowledged under this name. */
  readonly name?: string | undefined
  /** How far the application came under the name, where it knows that itself: the server may have lost it. */
  readonly known?: Position | undefined
}

/** What can happen to a socket. `socket` is the number that the session gave when it asked for it. */
export type SocketInput =
  | { readonly type: 'opened'; readonly socket: number }
  | { readonly type: 'frame'; readonly socket: number; readonly text: string }
  | { readonly type: 'closed'; readonly socket: number; readonly code: number; readonly reason: string }
  | { readonly type: 'renew_failed'; readonly socket: number; readonly reason: string }

/** What the platform says of the network. It can be wrong: a page whose server is this machine is served while `offline`. */
export type NetworkInput =
  | { readonly type: 'online' }
  | { readonly type: 'offline' }
  /** The program may have slept, and its sockets may have ended unnoticed. */
  | { readonly type: 'wake' }

/** What can happen to a session. */
export type SessionInput =
  | SocketInput
  | NetworkInput
  | { readonly type: 'subscribe'; readonly request: SubscriptionRequest }
  | { readonly type: 'unsubscribe'; readonly id: string }
  /** The application is done with so many more events, and with everything up to a position. */
  | { readonly type: 'applied'; readonly id: string; readonly events: number; readonly position: Position | undefined }
  | { readonly type: 'tick' }
  | { readonly type: 'reconnect' }
  | { readonly type: 'close' }
