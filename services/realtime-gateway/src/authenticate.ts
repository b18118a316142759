import { type Auth, raise } from '@tickstock/contracts'
import { ANONYMOUS, type ServiceConfig, TokenVerifier } from '@tickstock/service-kit'
import type { Identity } from './domain/session.ts'

/**
 * Who an `auth` message speaks for: whoever its token proves. In development mode, without one, whoever it says, or nobody in particular.
 *
 * The returned function rejects with a ProblemError `unauthenticated`.
 */
export function authenticator({ AUTH_MODE, AUTH_SECRET }: Pick<ServiceConfig, 'AUTH_MODE' | 'AUTH_SECRET'>) {
  const verifier = AUTH_SECRET === undefined ? undefined : new TokenVerifier(AUTH_SECRET)

  return async ({ token, user = ANONYMOUS }: Auth): Promise<Identity> => {
    if (token === undefined) {
      if (AUTH_MODE === 'token') raise('unauthenticated', 'auth.token is missing')
      return { user, expiresAt: Number.POSITIVE_INFINITY, proven: false }
    }
    if (verifier === undefined) return raise('unauthenticated', 'Tokens are not checked here: AUTH_SECRET is not set')
    return { ...(verifier.remembered(token) ?? (await verifier.verify(token))), proven: true }
  }
}
