import type { Heartbeat } from '@tickstock/contracts'

/**
 * How a subscription stands, worst first.
 *
 * `ended`: nothing more comes; it was refused, what it follows was deleted, or the application has ended it. `offline`: nothing comes now; there is no
 * socket, or the server cannot serve it. `gap`: events were lost to it, and the application has not said `rescanned()` yet. `catching_up`: a snapshot or a
 * replay is under way. `delayed`: what it applies is old, or it is behind, since the line, the server, its pipeline or the application's own handlers do not
 * keep up. `live`: events come as they happen.
 */
export const LIVE_STATES = ['ended', 'offline', 'gap', 'catching_up', 'delayed', 'live'] as const

export type LiveState = (typeof LIVE_STATES)[number]

export interface LiveStatus {
  readonly state: LiveState
  /** Offsets from what was applied to the end of the logs as last heard of, with those that do not match; 0 while `live`. */
  readonly behind: number
  /** While `delayed`: how old the newest that was applied is by the server's clock, or the oldest that waits for the application, ms. */
  readonly age?: number | undefined
  /** Why it has `ended`. */
  readonly reason?: string | undefined
}

/** How a client stands: as the worst of its subscriptions. */
export interface ClientStatus extends LiveStatus {
  /** How old the server's view of the log was at its last heartbeat. */
  readonly pipeline: Heartbeat['pipeline'] | undefined
}

const NOTHING: LiveStatus = { state: 'offline', behind: 0 }

/** Of several together: the worst state, how far all are behind, and the greatest age. */
export function worstOf(all: readonly LiveStatus[]): LiveStatus {
  const state = LIVE_STATES.find(one => all.some(status => status.state === one))
  if (state === undefined) return NOTHING
  const behind = all.reduce((sum, one) => sum + one.behind, 0)
  const ages = state === 'delayed' ? all.flatMap(({ age }) => age ?? []) : []
  const [reason] = all.flatMap(one => one.reason ?? [])
  return { state, behind, ...(ages.length > 0 && { age: Math.max(...ages) }), ...(reason !== undefined && { reason }) }
}

export const isSame = (one: LiveStatus, other: LiveStatus): boolean =>
  one.state === other.state && one.behind === other.behind && one.age === other.age && one.reason === other.reason
