import type { Universe } from '@tickstock/contracts'

/** What was read, and how far it can be behind. */
export interface Reading<Value> {
  readonly value: Value
  /** Since it was read from Postgres, ms. What its user himself wrote meanwhile is in it whatever the age. */
  readonly ageMs: number
  /** Postgres did not answer: this is what it said last. */
  readonly stale: boolean
}

/** Users' universes. Whatever reads something of one user's reads it from here, so that one entry of a cache answers all of it. */
export interface Universes {
  /**
   * A user's watchlists and saved filters. Whatever was written and acknowledged before the call, through whichever
   * replica, is in it.
   *
   * @throws ProblemError `database_unavailable`
   */
  of(user: string): Promise<Reading<Universe>>
}
