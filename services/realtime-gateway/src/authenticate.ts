import { type Auth, raise } from '@tickstock/contracts'
import { ANONYMOUS, type IdentityConfig, TokenVerifier } from '@tickstock/service-kit'
import type { Identity } from './domain/session.ts'

/**
 * Who an `auth` message speaks for: whoever its token proves. In development mode, without one, whoever it says, or nobody in particular.
 *
 * The returned function rejects with a ProblemError `unauthenticated`.
 */
export function authenticator(config: IdentityConfig) {
  const verifier = new TokenVerifier(config)

  return async ({ token, user = ANONYMOUS }: Auth): Promise<Identity> => {
    if (token === undefined) {
      if (config.AUTH_MODE !== 'development') raise('unauthenticated', 'auth.token is missing')
      return { user, expiresAt: Number.POSITIVE_INFINITY, proven: false }
    }
    return { ...(verifier.remembered(token) ?? (await verifier.verify(token))), proven: true }
  }
}
