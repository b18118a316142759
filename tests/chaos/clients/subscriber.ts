import type { Positions } from '@tickstock/contracts'
import type { SubscriptionRecord } from '../audit/record.ts'

/** A client that keeps a record of what it goes through, whatever it is made of. */
export interface Subscriber {
  readonly name: string
  readonly delivered: number
  readonly gaps: number
  readonly reconnects: number
  /** It knows where it is on each of its channels. */
  readonly begun: boolean
  readonly refusals: readonly string[]
  /** What the server said and the protocol does not allow. */
  readonly faults: readonly string[]
  /** Subscriptions that follow a list, and have not had an event that shows its last edit. */
  readonly unmarked: readonly string[]
  /** @returns undefined when it has everything up to there, else where it is */
  behind(heads: Positions): string | undefined
  /** What it went through since it was last asked. */
  takeRecords(): readonly SubscriptionRecord[]
  open(): Promise<void>
  /** Its sockets are gone, until {@link reload}. */
  leave(): void
  /** Begins anew from what it has kept. */
  reload(): Promise<void>
  /** Loses its socket, and opens another after the time, ms. */
  scatter(afterMs: number): Promise<void>
  close(): void
}
