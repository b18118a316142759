import { createHttpClient, type HttpClient, passedOn, RefusedError, RequestError } from '@tickstock/client'
import { ProblemError, raise, type ScanCriteria } from '@tickstock/contracts'
import { ANONYMOUS, type ServiceCredentials } from '@tickstock/service-kit'
import pLimit from 'p-limit'
import type { Universe } from '../domain/universe.ts'

export interface HttpUniverseOptions {
  /** Of user-universe. */
  readonly url: string
  readonly credentials: ServiceCredentials
  readonly now: () => number
  /** Takes an answer that this release does not understand: a retry may not help, so an operator must see it. */
  readonly failed: (error: unknown) => void
}

/** For one answer, with its retries. ms */
const DEADLINE = 2_000

/** Calls at once. After an outage all that is followed is looked up anew, and user-universe has others to serve. */
const CONCURRENT = 16

/**
 * Calls that wait for their turn. Subscriptions are asked for faster than a user-universe that is slow can answer, and what would wait without end would
 * be everybody's wait; who is turned away asks again.
 */
const WAITING = 512

/** How long the sectors are known. ms */
const SECTORS_FOR = 60_000

/** Reads user-universe, as the user whose watchlist or saved filter it is. */
export class HttpUniverse implements Universe {
  readonly #client: HttpClient
  readonly #options: HttpUniverseOptions
  readonly #limit = pLimit(CONCURRENT)
  #sectors: { readonly byName: Promise<ReadonlyMap<string, readonly string[]>>; readonly until: number } | undefined

  constructor(options: HttpUniverseOptions) {
    const { url, credentials } = options
    this.#options = options
    this.#client = createHttpClient({ url, timeoutMs: DEADLINE, attempts: 3, headers: () => credentials.headers() })
  }

  async watchlist(user: string, id: string): Promise<readonly string[]> {
    const { symbols } = await this.#as(user, client => client.watchlists.get(id))
    return symbols
  }

  async filter(user: string, id: string): Promise<ScanCriteria> {
    const { criteria } = await this.#as(user, client => client.filters.get(id))
    return criteria
  }

  async sector(name: string): Promise<readonly string[] | undefined> {
    const now = this.#options.now()
    if (this.#sectors === undefined || this.#sectors.until <= now) {
      this.#sectors = { byName: this.#readSectors(), until: now + SECTORS_FOR }
      this.#sectors.byName.catch(() => {
        this.#sectors = undefined
      })
    }
    return (await this.#sectors.byName).get(name.toLowerCase())
  }

  async #readSectors(): Promise<ReadonlyMap<string, readonly string[]>> {
    const { sectors } = await this.#call(client => client.sectors())
    return new Map(Object.entries(sectors).map(([name, symbols]) => [name.toLowerCase(), symbols]))
  }

  #as<Answer>(user: string, read: (client: HttpClient) => Promise<Answer>): Promise<Answer> {
    if (user === ANONYMOUS) raise('unauthenticated', 'this is for users alone, and the socket speaks for nobody')
    const headers = () => this.#options.credentials.headersFor(user)
    return this.#call(client => read(client.as({ headers })))
  }

  async #call<Answer>(read: (client: HttpClient) => Promise<Answer>): Promise<Answer> {
    if (this.#limit.pendingCount >= WAITING) raise('universe_unavailable', 'too many wait for an answer of it')
    try {
      return await this.#limit(() => read(this.#client))
    } catch (error) {
      throw this.#problemOf(error)
    }
  }

  /** What user-universe refuses for good is refused in its words; all else is that it cannot be read now. */
  #problemOf(error: unknown): ProblemError {
    const refusal = passedOn(error)
    if (refusal !== undefined) return refusal
    const isUnderstood = !(error instanceof RequestError) || error.temporary || error instanceof RefusedError
    if (isUnderstood) return new ProblemError('universe_unavailable', UNREADABLE, { cause: error })
    this.#options.failed(error)
    return new ProblemError('internal_error', 'the answer of user-universe is not understood', { cause: error })
  }
}

const UNREADABLE = 'watchlists, saved filters and sectors cannot be read now'
