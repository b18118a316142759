import { type HttpClient, passedOn } from '@tickstock/client'
import { ProblemError, type ScanCriteria, type Sectors, type UniverseKind } from '@tickstock/contracts'
import pLimit from 'p-limit'
import type { Asker, Universe } from '../domain/universe.ts'
import { Remembered, type RememberedOptions } from './remembered.ts'

export interface RemoteUniverseOptions {
  /** Speaks to user-universe as this service. */
  readonly client: HttpClient
  /** Headers by which this service speaks for a user who sent no token of his own. */
  readonly headersFor: (user: string) => Promise<Record<string, string>>
  readonly tell: RememberedOptions<unknown>['tell']
  /** Told of each attempt: nothing where it was answered, whatever the answer, else why not. */
  readonly attempted: (failure?: unknown) => void
}

/** ms, and how many. The change stream says at once what changed: the rest bounds what happens while that is away. */
const REMEMBERED = {
  freshMs: 30_000,
  absentMs: 2_000,
  staleMs: 5 * 60_000,
  retryMs: 1_000,
  entries: 10_000,
  /** Names and criteria, together: some 50 MB. */
  size: 500_000
} as const

/** How long a scan waits for user-universe, its place in the queue included, ms. */
const DEADLINE_MS = 1_000

/** Questions at once. Each takes a few ms, so that a thousand users a second need some five. */
const AT_ONCE = 32

/** Questions that wait for a place. More could not be asked within the deadline, if it answers slowly. */
const WAITING = 512

/** Watchlists and saved filters as user-universe has them, asked for as the user who asks; see `Remembered` for what is kept. */
export class RemoteUniverse implements Universe {
  readonly #options: RemoteUniverseOptions
  readonly #limit = pLimit(AT_ONCE)
  readonly #watchlists: Remembered<readonly string[]>
  readonly #filters: Remembered<ScanCriteria>

  constructor(options: RemoteUniverseOptions) {
    this.#options = options
    const { tell } = options
    this.#watchlists = new Remembered({ ...REMEMBERED, sizeOf: symbols => symbols.length, tell })
    this.#filters = new Remembered({ ...REMEMBERED, sizeOf: sizeOfCriteria, tell })
  }

  watchlist(asker: Asker, id: string): Promise<readonly string[]> {
    return this.#watchlists.read(keyOf(asker.user, id), async () => {
      const { symbols } = await this.#ask(asker, (client, signal) => client.watchlists.get(id, { signal }))
      return symbols.toSorted()
    })
  }

  filter(asker: Asker, id: string): Promise<ScanCriteria> {
    return this.#filters.read(keyOf(asker.user, id), async () => {
      const { criteria } = await this.#ask(asker, (client, signal) => client.filters.get(id, { signal }))
      return criteria
    })
  }

  /** Everybody's: as this service. The same object while nothing changed. @throws RequestError */
  sectors(signal: AbortSignal): Promise<Sectors> {
    return this.#options.client.sectors({ signal })
  }

  forget(kind: UniverseKind, user: string, id: string): void {
    const remembered = kind === 'watchlist' ? this.#watchlists : this.#filters
    remembered.forget(keyOf(user, id))
  }

  forgetAll(): void {
    this.#watchlists.clear()
    this.#filters.clear()
  }

  async #ask<Answer>(
    { user, authorization }: Asker,
    question: (client: HttpClient, signal: AbortSignal) => Promise<Answer>
  ): Promise<Answer> {
    const { client, headersFor, attempted } = this.#options
    if (this.#limit.pendingCount >= WAITING) throw unavailable('too many questions wait for user-universe')
    const headers = async () => (authorization === undefined ? headersFor(user) : { authorization })
    const signal = AbortSignal.timeout(DEADLINE_MS)
    try {
      const answer = await before(
        signal,
        this.#limit(async () => {
          signal.throwIfAborted()
          return question(client.as({ headers }), signal)
        })
      )
      attempted()
      return answer
    } catch (error) {
      const problem = problemOf(error)
      if (problem.code === 'universe_unavailable') attempted(error)
      else attempted()
      throw problem
    }
  }
}

/** No user's name has a blank. */
const keyOf = (user: string, id: string) => `${user} ${id.toLowerCase()}`

const sizeOfCriteria = (criteria: ScanCriteria) =>
  Object.values(criteria).reduce<number>((size, value) => size + (Array.isArray(value) ? value.length : 1), 0)

/** @throws the signal's reason, where it comes before the result */
async function before<Result>(signal: AbortSignal, work: Promise<Result>): Promise<Result> {
  const { promise, reject } = Promise.withResolvers<never>()
  const late = () => reject(signal.reason)
  signal.addEventListener('abort', late)
  try {
    return await Promise.race([work, promise])
  } finally {
    signal.removeEventListener('abort', late)
  }
}

/** What user-universe refuses for the user's sake he is told as it says it; all else is that it cannot be read. */
const problemOf = (error: unknown): ProblemError =>
  passedOn(error) ?? unavailable('user-universe does not answer', error)

const unavailable = (detail: string, cause?: unknown) => new ProblemError('universe_unavailable', detail, { cause })
