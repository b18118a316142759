import type { Heartbeat } from '@tickstock/contracts'

/**
 * How a subscription stands, worst first.
 *
 * `offline`: nothing comes; there is no socket, or the server cannot serve it now. `gap`: events were lost to it, and the application has not said
 * `rescanned()` yet. `catching_up`: a snapshot or a replay is under way. `delayed`: it is behind, since the server, its pipeline or the application's own
 * handlers do not keep up. `live`: events come as they happen.
 */
export const LIVE_STATES = ['offline', 'gap', 'catching_up', 'delayed', 'live'] as const

export type LiveState = (typeof LIVE_STATES)[number]

export interface LiveStatus {
  readonly state: LiveState
  /** Offsets from what was applied to the end of the logs as last heard of, with those that do not match; 0 while `live`. */
  readonly behind: number
}

/** How a client stands: as the worst of its subscriptions. */
export interface ClientStatus extends LiveStatus {
  /** How old the server's view of the log was at its last heartbeat. */
  readonly pipeline: Heartbeat['pipeline'] | undefined
}

const NOTHING: LiveStatus = { state: 'offline', behind: 0 }

/** Of several together: the worst state, and how far all are behind. */
export function worstOf(all: readonly LiveStatus[]): LiveStatus {
  const worst = LIVE_STATES.find(one => all.some(({ state }) => state === one))
  return worst === undefined ? NOTHING : { state: worst, behind: all.reduce((sum, { behind }) => sum + behind, 0) }
}

export const isSame = (one: LiveStatus, other: LiveStatus): boolean =>
  one.state === other.state && one.behind === other.behind
