import { type Auth, raise, type Scope } from '@tickstock/contracts'
import { type Identity, lacks } from './identity.ts'

/** @throws ProblemError where the token, or what stands in for one, is refused */
export type Authenticate = (auth: Auth) => Promise<Identity>

/** What a socket shows to say who it speaks for: an identity, and after it others of the same user that live longer. */
export class Passport {
  readonly #authenticate: Authenticate
  #identity: Identity | undefined
  #device: string | undefined
  #isRenewing = false

  constructor(authenticate: Authenticate) {
    this.#authenticate = authenticate
  }

  /** undefined until it was accepted. */
  get identity(): Identity | undefined {
    return this.#identity
  }

  get device(): string | undefined {
    return this.#device
  }

  /** Checks what `auth` says. It counts once it is accepted. */
  check(auth: Auth): Promise<Identity> {
    return this.#authenticate(auth)
  }

  accept(identity: Identity, device: string | undefined): void {
    this.#identity = identity
    this.#device = device
  }

  /**
   * Puts a new token in the place of the one before, which counts until then, and goes on counting where the new one is refused.
   *
   * @param needed what the socket's subscriptions need, looked at when the token has been checked
   * @throws ProblemError `forbidden` for another user's token, or one that allows less than is in use; `too_many_requests` while another is being checked
   */
  async renew(token: string, needed: () => Iterable<Scope>): Promise<Identity> {
    const current = this.#identity ?? raise('unauthenticated', 'auth comes first')
    if (this.#isRenewing) raise('too_many_requests', 'another refresh is being checked')
    this.#isRenewing = true
    try {
      const next = await this.#authenticate({ type: 'auth', token })
      if (next.user !== current.user) raise('forbidden', 'refresh.token is of another user')
      for (const scope of needed())
        if (lacks(next, scope)) raise('forbidden', `refresh.token lacks the scope ${scope}, which a subscription needs`)
      // A socket of nobody in particular has no seat among those of the user, and is to give none back.
      this.#identity = { ...next, proven: current.proven }
      return this.#identity
    } finally {
      this.#isRenewing = false
    }
  }

  /** Whether its time is over. A new token that came before the end is waited for: it is one check, which ends. */
  hasExpired(time: number): boolean {
    return this.#identity !== undefined && this.#identity.expiresAt <= time && !this.#isRenewing
  }
}
