import { ProblemError } from '@tickstock/contracts'

/** Who a token speaks for, and until when (ms). */
export interface Identity {
  readonly user: string
  readonly expiresAt: number
  /** What it is restricted to; undefined where it may do all that the user may. */
  readonly scopes?: ReadonlySet<string>
}

/** Whoever issues tokens, as we know him: by his keys. */
export interface TokenAuthority {
  /** @throws errors of jose, or ProblemError, where the token is not his */
  identityOf(token: string): Promise<Identity>
}

/** Refuses a token. `reason` is shown to whoever sent it. */
export const refused = (reason: string): ProblemError =>
  new ProblemError('unauthenticated', `The token is refused: ${reason}`)

/** Of a token that was good once: whoever sends it guesses nothing. */
export const EXPIRED = refused('it has expired')
