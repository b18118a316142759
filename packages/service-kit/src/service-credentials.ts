import { createSecretKey, type KeyObject } from 'node:crypto'
import { jwtVerify, SignJWT } from 'jose'
import { ConfigError } from './config-error.ts'
import type { IdentityConfig } from './identity-config.ts'
import { type Identity, refused, type TokenAuthority } from './token-authority.ts'
import { isService, isUser, SERVICE_PREFIX } from './user-name.ts'

/** Says in requests to other services who asks. */
export interface ServiceCredentials {
  /** Headers by which the service speaks for itself: it is `service:<name>` there. */
  headers(): Promise<Record<string, string>>
  /**
   * Headers by which it speaks for a user of whose identity it has made sure. Where his own token is at hand, hand that
   * on instead: it says what he may do.
   */
  headersFor(user: string): Promise<Record<string, string>>
}

/** The issuer of the services' tokens. No users' issuer may have this name. */
export const SERVICE_ISSUER = 'tickstock-services'

/** Life of a token, s: it may be used so long by whoever steals it from the wire. */
const LIFE = 120

/** Tokens made within so many seconds are the same text, so that the receiver knows them and checks none twice. */
const SAME_FOR = 60

/**
 * Credentials of `service` (a name such as `pattern-query`): tokens by SERVICE_SECRET, or, in development mode without
 * one, `X-User-ID`.
 *
 * @throws ConfigError where there is neither
 */
export function serviceCredentials(
  { AUTH_MODE, SERVICE_SECRET }: Pick<IdentityConfig, 'AUTH_MODE' | 'SERVICE_SECRET'>,
  service: string
): ServiceCredentials {
  const name = `${SERVICE_PREFIX}${service}`
  if (SERVICE_SECRET === undefined) {
    if (AUTH_MODE === 'development') return declaredCredentials(name)
    throw new ConfigError([`SERVICE_SECRET: expected text of at least 32 characters, since ${service} asks others`])
  }
  const key = createSecretKey(Buffer.from(SERVICE_SECRET))
  const own = remembering(from => tokenOf(key, from, name))
  return {
    headers: async () => bearer(await own()),
    headersFor: async user => bearer(await tokenOf(key, periodOf(Date.now()), user, name))
  }
}

/** Checks tokens of services, and those by which they speak for users (`act`, RFC 8693). */
export function serviceAuthority(secret: string, clockTolerance: number): TokenAuthority {
  const key = createSecretKey(Buffer.from(secret))
  const options = { algorithms: ['HS256'], issuer: SERVICE_ISSUER, requiredClaims: ['sub', 'exp'], clockTolerance }
  return {
    identityOf: async token => {
      const { payload } = await jwtVerify(token, key, options)
      const { sub, exp, act } = payload
      const speaker = act === undefined ? sub : actorOf(act)
      if (!isService(speaker) || (sub !== speaker && !isUser(sub))) throw refused('it names no service')
      return identityOf(sub, exp)
    }
  }
}

function identityOf(sub: string | undefined, exp: number | undefined): Identity {
  if (sub === undefined || exp === undefined) throw refused('it names nobody, or never expires')
  return { user: sub, expiresAt: exp * 1000 }
}

const actorOf = (act: unknown): unknown =>
  typeof act === 'object' && act !== null && 'sub' in act ? act.sub : undefined

function declaredCredentials(name: string): ServiceCredentials {
  return {
    headers: async () => ({ 'x-user-id': name }),
    headersFor: async user => ({ 'x-user-id': user })
  }
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

/** @returns s since 1970 */
const periodOf = (now: number): number => Math.floor(now / 1000 / SAME_FOR) * SAME_FOR

function tokenOf(key: KeyObject, from: number, subject: string, actor?: string): Promise<string> {
  return new SignJWT(actor === undefined ? {} : { act: { sub: actor } })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer(SERVICE_ISSUER)
    .setSubject(subject)
    .setIssuedAt(from)
    .setExpirationTime(from + LIFE)
    .sign(key)
}

/** Makes a token once a period. */
function remembering(make: (from: number) => Promise<string>): () => Promise<string> {
  let period = Number.NaN
  let token: Promise<string> | undefined
  return () => {
    const now = periodOf(Date.now())
    if (token === undefined || now !== period) {
      period = now
      token = make(now)
    }
    return token
  }
}
