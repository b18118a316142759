import { ProblemError } from '@tickstock/contracts'
import type { FastifyPluginAsync, FastifyRequest, onRequestHookHandler } from 'fastify'
import fp from 'fastify-plugin'
import type { IdentityConfig } from './identity-config.ts'
import { TokenVerifier } from './token.ts'
import { isService, isUser } from './user-name.ts'

export interface IdentityOptions {
  readonly config: IdentityConfig
  /** In development mode, a request without any identity is {@link ANONYMOUS}'s: for public reads. Never in token mode. */
  readonly optional?: boolean
}

export const ANONYMOUS = 'anonymous'

/** What is known of a request's sender: a user, or why there is none. */
type Sender = string | ProblemError

const senders = new WeakMap<FastifyRequest, Sender>()

/** The user who sent a request. @throws ProblemError `unauthenticated` */
export function userOf(request: FastifyRequest): string {
  const sender = senders.get(request)
  if (typeof sender === 'string') return sender
  throw sender ?? new ProblemError('unauthenticated', 'The request says not who sent it')
}

/**
 * Hook for routes that are for users alone: refuses the rest, {@link ANONYMOUS} too, before a body is read. What they
 * answer is one user's, so nobody on the way keeps it: a cache that knows X-User-ID for no credential would hand it on.
 */
export const requireUser: onRequestHookHandler = (request, reply, done) => {
  if (userOf(request) === ANONYMOUS) throw new ProblemError('unauthenticated', 'This is for users alone')
  reply.header('cache-control', 'private, no-store')
  done()
}

/**
 * Finds out who sent each request: `Authorization: Bearer …` (HS256), and in development mode `X-User-ID` too. It
 * refuses nothing itself, so that health and metrics need no identity; {@link userOf} does.
 */
const plugin: FastifyPluginAsync<IdentityOptions> = async (app, { config, optional = false }) => {
  const verifier = new TokenVerifier(config)
  const withoutToken = config.AUTH_MODE === 'development' ? declaredSender(config, optional) : () => undefined

  app.addHook('onRequest', (request, _reply, done) => {
    const { authorization } = request.headers
    if (authorization === undefined) {
      const sender = withoutToken(request)
      if (sender !== undefined) senders.set(request, sender)
      return done()
    }
    const token = bearerOf(request, authorization)
    const known = token === undefined ? UNREADABLE : verifier.remembered(token)?.user
    if (token === undefined || known !== undefined) {
      senders.set(request, known ?? UNREADABLE)
      return done()
    }
    verifiedSender(verifier, token).then(sender => {
      senders.set(request, sender)
      done()
    }, done)
  })
}

export const identity = fp(plugin, { name: 'identity' })

const UNREADABLE = new ProblemError('unauthenticated', 'Authorization is not one bearer token')

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

async function verifiedSender(verifier: TokenVerifier, token: string): Promise<Sender> {
  try {
    return (await verifier.verify(token)).user
  } catch (error) {
    if (error instanceof ProblemError) return error
    throw error
  }
}

/** Who the sender says he is. Repeated headers come joined by a comma, which no user has. */
function declaredSender({ SERVICE_SECRET }: IdentityConfig, optional: boolean) {
  const mayBeService = SERVICE_SECRET === undefined
  return ({ headers }: FastifyRequest): Sender | undefined => {
    const declared = headers['x-user-id']
    if (declared === undefined) return optional ? ANONYMOUS : undefined
    if (isUser(declared) || (mayBeService && isService(declared))) return declared
    return new ProblemError('unauthenticated', 'X-User-ID is not a valid user')
  }
}
