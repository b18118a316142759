import { raise, type ScanSelection, type Scope } from '@tickstock/contracts'
import { ANONYMOUS, senderOf, userOf } from '@tickstock/service-kit'
import type { FastifyRequest } from 'fastify'
import type { Resolved } from '../domain/selection.ts'
import { resolveOwn, type UniverseLink } from '../domain/universe.ts'

const SCOPE: Scope = 'universe:read'

/**
 * What the ids in a query stand for, as the one who asks may see it.
 *
 * @throws ProblemError unauthenticated for whoever is nobody, forbidden for a token that does not reach so far; else as the universe does
 */
export async function ownSelection(
  { own }: UniverseLink,
  request: FastifyRequest,
  selection: ScanSelection
): Promise<Resolved> {
  const user = userOf(request)
  const sender = senderOf(request)
  // What is remembered was read with whichever token of his came first, so that user-universe may not be asked about this one.
  if (sender && 'scopes' in sender && sender.scopes?.has(SCOPE) === false) {
    raise('forbidden', `The token lacks the scope ${SCOPE}`)
  }
  if (user === ANONYMOUS) raise('unauthenticated', 'Watchlists and saved filters are for users alone')
  if (own === undefined) {
    raise('universe_unavailable', 'Watchlists and saved filters cannot be read here: UNIVERSE_URL is not set')
  }
  return resolveOwn(selection, { user, authorization: request.headers.authorization }, own)
}
