import { ProblemError, type Scope } from '@tickstock/contracts'
import type { FastifyPluginAsync, FastifyRequest, onRequestHookHandler } from 'fastify'
import fp from 'fastify-plugin'
import { GuessLimit } from './guess-limit.ts'
import type { IdentityConfig } from './identity-config.ts'
import { isReading } from './reading.ts'
import { TokenVerifier } from './token.ts'
import type { Identity } from './token-authority.ts'
import { TrustedProxies } from './trusted-proxies.ts'
import { isService, isUser } from './user-name.ts'

export interface IdentityOptions {
  readonly config: IdentityConfig
  /** In development mode, a request without any identity is {@link ANONYMOUS}'s: for public reads. In no other mode. */
  readonly optional?: boolean
  /** What a token that is restricted (`scope`) must allow, to read and to change something. Default: it may do both. */
  readonly scopes?: { readonly read: Scope; readonly write: Scope }
}

/** Whoever sends a request without an identity, where that is `optional`. */
export const ANONYMOUS = 'anonymous'

/** What is known of a request's sender. Where a proxy says who he is, nothing says until when. */
export type Sender = Pick<Identity, 'user' | 'scopes'> & Partial<Identity>

declare module 'fastify' {
  interface FastifyRequest {
    /** Written by the plugin `identity` alone, read by {@link senderOf}. A WeakMap beside it cost 0.5 µs a request. */
    sender?: Sender | ProblemError | undefined
  }
}

/** Who sent a request, why that is not known, or undefined where it does not say. */
export const senderOf = (request: FastifyRequest): Sender | ProblemError | undefined => request.sender

/** The user who sent a request, or the service (`service:<name>`). @throws ProblemError `unauthenticated`, or `forbidden` where the token may not do this */
export function userOf(request: FastifyRequest): string {
  const { sender } = request
  if (sender === undefined) throw new ProblemError('unauthenticated', 'The request says not who sent it')
  if (sender instanceof ProblemError) throw sender
  return sender.user
}

/**
 * Hook for routes that are for users alone: refuses the rest, {@link ANONYMOUS} and services too, before a body is read. What they
 * answer is one user's, so nobody on the way keeps it: a cache that knows X-User-ID for no credential would hand it on.
 */
export const requireUser: onRequestHookHandler = (request, reply, done) => {
  const user = userOf(request)
  if (user === ANONYMOUS) throw new ProblemError('unauthenticated', 'This is for users alone')
  if (isService(user)) throw new ProblemError('forbidden', 'This is for users alone: a service asks for one')
  reply.header('cache-control', 'private, no-store')
  done()
}

/**
 * Finds out who sent each request: `Authorization: Bearer …`, and X-User-ID in development mode or from a trusted proxy.
 * It refuses nothing itself, so that health and metrics need no identity; {@link userOf} does.
 */
const plugin: FastifyPluginAsync<IdentityOptions> = async (app, { config, optional = false, scopes }) => {
  const verifier = new TokenVerifier(config, app.log)
  const guesses = new GuessLimit(config)
  const withoutToken = declaredBy(config, optional)

  const within = (request: FastifyRequest, sender: Sender): Sender | ProblemError => {
    if (sender.scopes === undefined || scopes === undefined) return sender
    const scope = isReading(request.method) ? scopes.read : scopes.write
    return sender.scopes.has(scope) ? sender : new ProblemError('forbidden', `The token lacks the scope ${scope}`)
  }

  app.decorateRequest('sender', undefined)
  app.addHook('onRequest', (request, reply, done) => {
    const { authorization } = request.headers
    if (authorization === undefined) {
      const sender = withoutToken(request)
      if (sender !== undefined) request.sender = sender
      return done()
    }
    const token = bearerOf(request, authorization)
    const known = token === undefined ? UNREADABLE : verifier.remembered(token)
    if (token === undefined || known !== undefined) {
      request.sender = known === undefined || known instanceof ProblemError ? UNREADABLE : within(request, known)
      return done()
    }
    const wait = guesses.waitOf(request)
    if (wait > 0) {
      reply.header('retry-after', Math.ceil(wait / 1_000))
      request.sender = TOO_MANY_GUESSES
      return done()
    }
    verified(verifier, token).then(sender => {
      guesses.count(request, sender)
      request.sender = sender instanceof ProblemError ? sender : within(request, sender)
      done()
    }, done)
  })
}

export const identity = fp(plugin, { name: 'identity' })

const UNREADABLE = new ProblemError('unauthenticated', 'Authorization is not one bearer token')
const TOO_MANY_GUESSES = new ProblemError('too_many_requests', 'Too many tokens of this address were refused')

const SCHEME = 'bearer '
const TOKEN = /^[\w.~+/=-]+$/

function bearerOf(request: FastifyRequest, authorization: string): string | undefined {
  if (isRepeated(request.raw.rawHeaders)) return undefined
  if (authorization.slice(0, SCHEME.length).toLowerCase() !== SCHEME) return undefined
  const token = authorization.slice(SCHEME.length).trimStart()
  return TOKEN.test(token) ? token : undefined
}

const AUTHORIZATION = 'authorization'

/**
 * Node keeps the first of repeated Authorization headers in silence; a proxy may have judged the other.
 * Counted by hand: `headersDistinct` builds all headers anew, 4 µs a request.
 */
function isRepeated(rawHeaders: readonly string[]): boolean {
  let count = 0
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]
    if (name?.length === AUTHORIZATION.length && name.toLowerCase() === AUTHORIZATION) count += 1
  }
  return count > 1
}

async function verified(verifier: TokenVerifier, token: string): Promise<Sender | ProblemError> {
  try {
    return await verifier.verify(token)
  } catch (error) {
    if (error instanceof ProblemError) return error
    throw error
  }
}

/** How a sender without a token may say who he is. */
function declaredBy(
  config: IdentityConfig,
  optional: boolean
): (request: FastifyRequest) => Sender | ProblemError | undefined {
  const { AUTH_MODE, SERVICE_SECRET, TRUSTED_PROXIES } = config
  if (AUTH_MODE === 'development') {
    const mayBeService = SERVICE_SECRET === undefined
    return request => declaredSender(request, mayBeService) ?? (optional ? { user: ANONYMOUS } : undefined)
  }
  if (AUTH_MODE === 'token' || TRUSTED_PROXIES === undefined) return () => undefined
  const proxies = new TrustedProxies(TRUSTED_PROXIES)
  return request => (proxies.isPeer(request.raw.socket) ? declaredSender(request, false) : undefined)
}

/** Repeated headers come joined by a comma, which no user has. */
function declaredSender({ headers }: FastifyRequest, mayBeService: boolean): Sender | ProblemError | undefined {
  const declared = headers['x-user-id']
  if (declared === undefined) return undefined
  if (isUser(declared) || (mayBeService && isService(declared))) return { user: declared }
  return new ProblemError('unauthenticated', 'X-User-ID is not a valid user')
}
