import { createSecretKey } from 'node:crypto'
import { type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose'
import type { IdentityConfig } from './identity-config.ts'
import type { RemoteKeys } from './remote-keys.ts'
import { type Identity, refused, type TokenAuthority } from './token-authority.ts'
import { isUser } from './user-name.ts'

/** Of public keys. Never HS256 among them: its secret would be a key that everybody knows. */
const PUBLIC_KEY_ALGORITHMS = ['RS256', 'ES256', 'EdDSA', 'Ed25519']

/** Checks tokens of users as the configuration says: by `keys` where there are any, else by its secret; undefined where there is neither. */
export function userAuthority(
  config: IdentityConfig,
  keys: RemoteKeys | undefined,
  clockTolerance: number
): TokenAuthority | undefined {
  const { AUTH_SECRET, AUTH_ISSUER, AUTH_AUDIENCE } = config
  const options: JWTVerifyOptions = {
    requiredClaims: ['sub', 'exp'],
    clockTolerance,
    ...(AUTH_ISSUER !== undefined && { issuer: AUTH_ISSUER }),
    ...(AUTH_AUDIENCE !== undefined && { audience: AUTH_AUDIENCE })
  }
  if (keys !== undefined) {
    const known = { ...options, algorithms: PUBLIC_KEY_ALGORITHMS }
    return { identityOf: async token => identityOf((await jwtVerify(token, keys.get, known)).payload) }
  }
  if (AUTH_SECRET === undefined) return undefined
  const key = createSecretKey(Buffer.from(AUTH_SECRET))
  const known = { ...options, algorithms: ['HS256'] }
  return { identityOf: async token => identityOf((await jwtVerify(token, key, known)).payload) }
}

function identityOf({ sub, exp, scope }: JWTPayload): Identity {
  if (!isUser(sub)) throw refused('it names no valid user')
  if (exp === undefined) throw refused('it never expires')
  const identity = { user: sub, expiresAt: exp * 1000 }
  if (scope === undefined) return identity
  if (typeof scope !== 'string') throw refused('its scope is no text')
  return { ...identity, scopes: new Set(scope.split(' ')) }
}
