import type { Scope } from '@tickstock/contracts'

/** Who a socket speaks for, and until when (ms since 1970; Infinity where no token says). */
export interface Identity {
  readonly user: string
  readonly expiresAt: number
  /** The identity was proven, so limits per user hold. */
  readonly proven: boolean
  /** What its token is restricted to; undefined where it may do all that the user may. */
  readonly scopes?: ReadonlySet<string>
}

export const lacks = ({ scopes }: Identity, scope: Scope): boolean => scopes?.has(scope) === false

/** As the protocol says it; nothing where no token says. */
export const expiryOf = ({ expiresAt }: Identity): { expires_at?: number } =>
  Number.isFinite(expiresAt) ? { expires_at: Math.floor(expiresAt) } : {}
