import type { Channel, EventFilter, From, Position } from '@tickstock/contracts'
import type { LiveStatus } from './live-status.ts'
import type { PositionStore, Positions } from './position-store.ts'

export interface LiveRequest {
  /** Default: all. */
  readonly channels?: readonly Channel[] | undefined
  readonly filter?: EventFilter | undefined
  /**
   * Where it begins. `'now'` (default). `'snapshot'`: with what lives and matches, then what comes after. A position for each channel, e.g. those of a scan:
   * with everything after it. `'acknowledged'`, `'acknowledged_anywhere'`: after what this device, or the user's furthest device, acknowledged last under `name`.
   * Where the server has lost that position, it begins after the one of `keep`, or where an earlier
   * subscription of this client and name ended. A gap `position_lost` tells if the log has less than that.
   */
  readonly from?: Exclude<From, Position> | Positions | undefined
  /** The server keeps under this name what was applied, for the user and the client's `device`: letters, digits, `.`, `_`, `-`, at most 64. */
  readonly name?: string | undefined
  /**
   * Positions are kept here too. It begins where they say, and at `from` where they say nothing. With `name`
   * and one of `'acknowledged…'` as `from`, it begins after the further of this position and the server's.
   */
  readonly keep?: { readonly store: PositionStore; readonly key: string } | undefined
}

export interface LiveSubscription {
  readonly status: LiveStatus
  /** What was applied, by channel. */
  readonly positions: Positions
  /** The application has made good what a gap took: the status `gap` ends. */
  rescanned(): void
  /** What was applied is acknowledged and kept before it ends; events that wait for a handler are dropped. */
  unsubscribe(): void
}
