import { createSecretKey } from 'node:crypto'
import { type JWTPayload, jwtVerify } from 'jose'
import type { IdentityConfig } from './identity-config.ts'
import { type Identity, refused, type TokenAuthority } from './token-authority.ts'
import { isUser } from './user-name.ts'

/** Checks tokens of users as the configuration says; undefined where it names no key. */
export function userAuthority({ AUTH_SECRET }: IdentityConfig, clockTolerance: number): TokenAuthority | undefined {
  if (AUTH_SECRET === undefined) return undefined
  const key = createSecretKey(Buffer.from(AUTH_SECRET))
  const options = { algorithms: ['HS256'], requiredClaims: ['sub', 'exp'], clockTolerance }
  return { identityOf: async token => identityOf((await jwtVerify(token, key, options)).payload) }
}

function identityOf({ sub, exp }: JWTPayload): Identity {
  if (!isUser(sub)) throw refused('it names no valid user')
  if (exp === undefined) throw refused('it never expires')
  return { user: sub, expiresAt: exp * 1000 }
}
