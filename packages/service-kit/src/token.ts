import { createSecretKey, type KeyObject } from 'node:crypto'
import { ProblemError } from '@tickstock/contracts'
import { errors, jwtVerify } from 'jose'

/** Who a token speaks for, and until when (ms). */
export interface Identity {
  readonly user: string
  readonly expiresAt: number
}

export const USER_PATTERN = /^[A-Za-z0-9._@:-]{1,128}$/

/** Seconds that clocks of issuer and service may differ. */
const CLOCK_TOLERANCE = 5

/** A token of ours has some 200 characters; a long one only costs work. */
const LONGEST = 4096

/** Verified tokens kept. Verifying costs some 60 µs, as much as a whole cached answer; looking up costs nothing. */
const REMEMBERED = 5_000

/** Checks tokens against one secret: HS256 alone, with `sub` and `exp`. */
export class TokenVerifier {
  readonly #key: KeyObject
  readonly #verified = new Map<string, Identity>()

  constructor(secret: string) {
    this.#key = createSecretKey(Buffer.from(secret))
  }

  /** What is known of a token already seen, without waiting. An expired one is not known. */
  remembered(token: string): Identity | undefined {
    const identity = this.#verified.get(token)
    return identity && identity.expiresAt + CLOCK_TOLERANCE * 1000 > Date.now() ? identity : undefined
  }

  /** @throws ProblemError `unauthenticated` */
  async verify(token: string): Promise<Identity> {
    if (token.length > LONGEST) throw refused('it is too long')
    const identity = identityOf(await this.#payloadOf(token))
    this.#remember(token, identity)
    return identity
  }

  async #payloadOf(token: string) {
    try {
      const { payload } = await jwtVerify(token, this.#key, {
        algorithms: ['HS256'],
        requiredClaims: ['sub', 'exp'],
        clockTolerance: CLOCK_TOLERANCE
      })
      return payload
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

function identityOf({ sub, exp }: { readonly sub?: string; readonly exp?: number }): Identity {
  if (typeof sub !== 'string' || !USER_PATTERN.test(sub)) throw refused('it names no valid user')
  if (typeof exp !== 'number') throw refused('it never expires')
  return { user: sub, expiresAt: exp * 1000 }
}

const refused = (reason: string) => new ProblemError('unauthenticated', `The token is refused: ${reason}`)

/** Checks one token. For many, keep a {@link TokenVerifier}. @throws ProblemError `unauthenticated` */
export const verifyToken = (token: string, secret: string): Promise<Identity> => new TokenVerifier(secret).verify(token)
