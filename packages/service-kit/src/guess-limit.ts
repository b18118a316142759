import { ProblemError } from '@tickstock/contracts'
import type { FastifyRequest } from 'fastify'
import type { IdentityConfig } from './identity-config.ts'
import { areLimited } from './identity-config.ts'
import { networkOf } from './network.ts'
import { RateGauge } from './rate-gauge.ts'
import { EXPIRED } from './token-authority.ts'

/** Refused tokens of one address: of a mistake there are a few, who guesses does not stop. */
const GUESSES = { perSecond: 5, burst: 50 }

/**
 * Counts tokens that were refused, by address. Beyond the limit none is checked that is not known already, so whoever
 * guesses learns nothing and costs nothing, while users of the same address go on with the tokens that they have.
 */
export class GuessLimit {
  readonly #gauge: RateGauge | undefined

  constructor(config: IdentityConfig) {
    this.#gauge = areLimited(config) ? new RateGauge(GUESSES) : undefined
  }

  /** ms until a token of this address is checked; 0 for now. */
  waitOf(request: FastifyRequest): number {
    return this.#gauge?.look(networkOf(request.ip), performance.now()).wait ?? 0
  }

  /** Counts a token that was refused, and why. One that has merely expired is no guess. */
  count(request: FastifyRequest, why: unknown): void {
    if (!(why instanceof ProblemError) || why.code !== 'unauthenticated' || why === EXPIRED) return
    this.#gauge?.take(networkOf(request.ip), performance.now())
  }
}
