import { ProblemError } from '@tickstock/contracts'
import { decodeJwt, errors } from 'jose'
import type { IdentityConfig } from './identity-config.ts'
import { SERVICE_ISSUER, serviceAuthority } from './service-credentials.ts'
import { type Identity, refused, type TokenAuthority } from './token-authority.ts'
import { userAuthority } from './user-authority.ts'

/** A token of ours has some 200 characters, of another issuer a thousand; a long one only costs work. */
const LONGEST = 4096

/** Verified tokens kept. Verifying costs some 60 µs, as much as a whole cached answer; looking up costs nothing. */
const REMEMBERED = 5_000

/** Seconds that clocks of issuer and service may differ, unless the configuration says it. */
const CLOCK_SKEW = 5

/** Checks tokens of users and of services, each against their own issuer's keys. */
export class TokenVerifier {
  readonly #users: TokenAuthority | undefined
  readonly #services: TokenAuthority | undefined
  readonly #tolerance: number
  readonly #verified = new Map<string, Identity>()

  constructor(config: IdentityConfig) {
    this.#users = userAuthority(config, CLOCK_SKEW)
    this.#services =
      config.SERVICE_SECRET === undefined ? undefined : serviceAuthority(config.SERVICE_SECRET, CLOCK_SKEW)
    this.#tolerance = CLOCK_SKEW * 1000
  }

  /** What is known of a token already seen, without waiting. An expired one is not known. */
  remembered(token: string): Identity | undefined {
    const identity = this.#verified.get(token)
    return identity && identity.expiresAt + this.#tolerance > Date.now() ? identity : undefined
  }

  /** @throws ProblemError `unauthenticated` */
  async verify(token: string): Promise<Identity> {
    if (token.length > LONGEST) throw refused('it is too long')
    const identity = await this.#identityOf(token)
    this.#remember(token, identity)
    return identity
  }

  async #identityOf(token: string): Promise<Identity> {
    try {
      const authority = decodeJwt(token).iss === SERVICE_ISSUER ? this.#services : this.#users
      if (authority === undefined)
        throw new ProblemError('unauthenticated', 'Such tokens are not checked here: no key is set')
      return await authority.identityOf(token)
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw refused('it has expired')
      if (error instanceof errors.JOSEError) throw refused('it is not one of ours')
      throw error
    }
  }

  #remember(token: string, identity: Identity) {
    const oldest = this.#verified.size >= REMEMBERED ? this.#verified.keys().next().value : undefined
    if (oldest !== undefined) this.#verified.delete(oldest)
    this.#verified.set(token, identity)
  }
}
