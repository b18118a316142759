import { ProblemError } from '@tickstock/contracts'
import { decodeJwt, errors } from 'jose'
import { type IdentityConfig, identityConfig } from './identity-config.ts'
import type { Logger } from './logger.ts'
import { RemoteKeys } from './remote-keys.ts'
import { SERVICE_ISSUER, serviceAuthority } from './service-credentials.ts'
import { EXPIRED, type Identity, refused, type TokenAuthority } from './token-authority.ts'
import { userAuthority } from './user-authority.ts'

/** A token of ours has some 200 characters, of another issuer a thousand; a long one only costs work. */
const LONGEST = 4096

/** Verified tokens kept. Verifying costs some 60 µs, as much as a whole cached answer; looking up costs nothing. */
const REMEMBERED = 5_000

/** The default of AUTH_CLOCK_SKEW_S. */
const CLOCK_SKEW = identityConfig.properties.AUTH_CLOCK_SKEW_S.default

const silent = { info: () => undefined, warn: () => undefined }

/** Checks tokens of users and of services, each against their own issuer's keys. */
export class TokenVerifier {
  readonly #logger: Pick<Logger, 'info' | 'warn'>
  readonly #keys: RemoteKeys | undefined
  readonly #users: TokenAuthority | undefined
  readonly #services: TokenAuthority | undefined
  readonly #tolerance: number
  readonly #verified = new Map<string, Identity>()
  #generation = 0

  /** @param logger told where the keys of AUTH_JWKS_URL cannot be read */
  constructor(config: IdentityConfig, logger: Pick<Logger, 'info' | 'warn'> = silent) {
    const { AUTH_JWKS_URL, SERVICE_SECRET, AUTH_CLOCK_SKEW_S: skew = CLOCK_SKEW } = config
    this.#logger = logger
    this.#keys = AUTH_JWKS_URL === undefined ? undefined : new RemoteKeys(AUTH_JWKS_URL, logger)
    this.#users = userAuthority(config, this.#keys, skew)
    this.#services = SERVICE_SECRET === undefined ? undefined : serviceAuthority(SERVICE_SECRET, skew)
    this.#tolerance = skew * 1000
  }

  /** What is known of a token already seen, without waiting. One that has expired, or whose key may be gone, is not known. */
  remembered(token: string): Identity | undefined {
    const identity = this.#verified.get(token)
    if (identity === undefined) return undefined
    const now = Date.now()
    if (identity.expiresAt + this.#tolerance <= now) return undefined
    return this.#keys === undefined || this.#areCurrent(this.#keys, now) ? identity : undefined
  }

  /** @throws ProblemError `unauthenticated`; `not_ready` where the keys cannot be read */
  async verify(token: string): Promise<Identity> {
    if (token.length > LONGEST) throw refused('it is too long')
    const generation = this.#keys?.generation
    const identity = await this.#identityOf(token)
    // Keys that changed meanwhile may not be those that it was checked with.
    if (this.#keys?.generation === generation) this.#remember(token, identity)
    return identity
  }

  /** Whether what is remembered was checked with the keys of now. */
  #areCurrent(keys: RemoteKeys, now: number): boolean {
    return keys.areUsable(now) && keys.generation === this.#generation
  }

  async #identityOf(token: string): Promise<Identity> {
    try {
      const authority = decodeJwt(token).iss === SERVICE_ISSUER ? this.#services : this.#users
      if (authority === undefined)
        throw new ProblemError('unauthenticated', 'Such tokens are not checked here: no key is set')
      return await authority.identityOf(token)
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw EXPIRED
      if (error instanceof errors.JOSEError) throw refused('it is not one of ours')
      if (error instanceof ProblemError) throw error
      // A key of the set that is none, or too short: the issuer's fault, and no reason to fail.
      this.#logger.warn({ err: error }, 'a token cannot be checked with the key that it names')
      throw refused('its key cannot be used')
    }
  }

  #remember(token: string, identity: Identity) {
    const generation = this.#keys?.generation ?? 0
    if (generation !== this.#generation) this.#verified.clear()
    this.#generation = generation
    const oldest = this.#verified.size >= REMEMBERED ? this.#verified.keys().next().value : undefined
    if (oldest !== undefined) this.#verified.delete(oldest)
    this.#verified.set(token, identity)
  }
}
