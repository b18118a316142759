import { type Auth, ProblemError, raise, type Scope } from '@tickstock/contracts'
import {
  ANONYMOUS,
  GuessLimit,
  type IdentityConfig,
  isUser,
  type Logger,
  type Sender,
  senderOf,
  TokenVerifier
} from '@tickstock/service-kit'
import type { FastifyRequest } from 'fastify'
import type { Identity } from './domain/identity.ts'

/** What a token that is restricted must allow. */
const SCOPE: Scope = 'patterns:read'

/** @throws ProblemError `unauthenticated`, `forbidden`, `too_many_requests`, or `not_ready` where keys cannot be read */
export type Authenticator = (auth: Auth, upgrade: FastifyRequest) => Promise<Identity>

/**
 * Who an `auth` message speaks for: whoever its token proves; without one, whoever sent the upgrade, by a header that
 * counts as in any request; in development mode, whoever it says, or nobody in particular.
 */
export function authenticator(config: IdentityConfig, logger: Logger): Authenticator {
  const verifier = new TokenVerifier(config, logger)
  const guesses = new GuessLimit(config)
  const isOpen = config.AUTH_MODE === 'development'

  async function verify(token: string, upgrade: FastifyRequest): Promise<Sender> {
    const known = verifier.remembered(token)
    if (known !== undefined) return known
    if (guesses.waitOf(upgrade) > 0) raise('too_many_requests', 'Too many tokens of this address were refused')
    try {
      return await verifier.verify(token)
    } catch (error) {
      guesses.count(upgrade, error)
      throw error
    }
  }

  return async ({ token, user = ANONYMOUS }, upgrade) => {
    if (token !== undefined) return identityOf(await verify(token, upgrade), true)
    const sender = senderOf(upgrade)
    if (sender instanceof ProblemError) throw sender
    if (sender !== undefined && !isOpen) return identityOf(sender, true)
    if (!isOpen) raise('unauthenticated', 'auth.token is missing')
    if (!isUser(user)) raise('unauthenticated', 'auth.user is not a valid user')
    return identityOf({ user }, false)
  }
}

function identityOf({ user, scopes, expiresAt = Number.POSITIVE_INFINITY }: Sender, proven: boolean): Identity {
  if (scopes !== undefined && !scopes.has(SCOPE)) raise('forbidden', `The token lacks the scope ${SCOPE}`)
  return { user, expiresAt, proven, ...(scopes !== undefined && { scopes }) }
}
