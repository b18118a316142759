import type { Position } from '@tickstock/contracts'
import { ModelLog } from './model-log.ts'

export const HEARTBEAT_MS = 1000

/** What all sockets of a model server share. */
export class ModelServer {
  readonly log = new ModelLog(() => this.clock())
  /** By name, what was acknowledged. */
  readonly kept = new Map<string, Position>()
  /** A server of an earlier release ignores what a client knows of its position. */
  heedsKnown = true
  /** How long it promises between heartbeats, ms. */
  heartbeatMs = HEARTBEAT_MS
  /** How long a token counts, ms. */
  tokenMs: number | undefined
  /** Where a subscription is said to begin that cannot begin where it asked. */
  style: 'begins_at_next' | 'begins_as_asked' = 'begins_at_next'
  /** The patterns of a snapshot may be newer than its position, by so many events less one. */
  snapshotsLead = 1
  /** Its wall clock, ms. */
  clock = () => 1_700_000_000_000
  refreshes = 0
  /** Messages that were refused for good: a server closes the socket of whoever does not stop. */
  strikes = 0
}
