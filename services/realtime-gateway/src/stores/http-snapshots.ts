import { createHttpClient, type HttpClient, passedOn, type WalkQuery } from '@tickstock/client'
import { type Channel, type Pattern, type Position, ProblemError, raise, type ScanAnswer } from '@tickstock/contracts'
import { pause } from '@tickstock/event-log'
import type { ServiceCredentials } from '@tickstock/service-kit'
import pLimit from 'p-limit'
import { canonical, matcherOf, type SelectedFilter } from '../domain/matcher.ts'
import type { SnapshotPage, Snapshots } from '../domain/snapshots.ts'
import { questionsOf } from './scan-questions.ts'

export interface HttpSnapshotsOptions {
  /** Of pattern-query. */
  readonly url: string
  readonly credentials: ServiceCredentials
}

/** For one page, with its retries. ms */
const DEADLINE = 3_000

/** Pages asked for at once. A thousand clients that begin with a snapshot take turns, and pattern-query goes on answering others. */
const CONCURRENT = 8

/** Pages that wait for their turn; beyond, who asks is to come again. */
const WAITING = 1_024

/** Patterns of a page: the most that a scan gives. */
const PER_PAGE = 100

/** Looks at a replica that has read less of the log than the one that answered first, and the wait before each. ms */
const CATCH_UP = { attempts: 10, wait: 50 } as const

/**
 * What lives, by scans of pattern-query as the user himself.
 *
 * A scan's pages come by cursor: what lives and matches all the while comes once, its state that of the page's moment, and all carry the positions of the first. What is
 * brought is held against the feed's own matcher, so that the snapshot has what the stream would have, to the letter.
 */
export class HttpSnapshots implements Snapshots {
  readonly #client: HttpClient
  readonly #credentials: ServiceCredentials
  readonly #limit = pLimit(CONCURRENT)

  constructor({ url, credentials }: HttpSnapshotsOptions) {
    this.#credentials = credentials
    this.#client = createHttpClient({ url, timeoutMs: DEADLINE, attempts: 4, headers: () => credentials.headers() })
  }

  async *pages(
    { user }: { readonly user: string },
    channel: Channel,
    filter: SelectedFilter,
    abort?: AbortSignal
  ): AsyncGenerator<SnapshotPage, void> {
    const form = canonical(filter)
    const matcher = matcherOf(form)
    const isWanted = (pattern: Pattern) => pattern.channel === channel && matcher.accepts(pattern)
    const matchesNothing = form.symbols?.length === 0

    const client = this.#client.as({ headers: () => this.#credentials.headersFor(user) })
    const questions = questionsOf(channel, form)
    let position: Position | undefined
    for (const [at, question] of questions.entries()) {
      for await (const answer of this.#walk(client, question, channel, position, abort)) {
        position ??= answer.positions[channel]
        const isLast = matchesNothing || (answer.next_cursor === null && at === questions.length - 1)
        const left = Math.max(1, answer.total - answer.page * PER_PAGE)
        yield { position, patterns: answer.patterns.filter(isWanted), remaining: isLast ? 0 : left }
        if (isLast) return
      }
    }
  }

  /** Page after page of one scan. @param least where the log stood when the first scan was answered */
  async *#walk(
    client: HttpClient,
    question: WalkQuery,
    channel: Channel,
    least: Position | undefined,
    abort: AbortSignal | undefined
  ): AsyncGenerator<ScanAnswer, void> {
    const query = { ...question, per_page: PER_PAGE }
    let answer = await this.#first(client, query, channel, least, abort)
    yield answer
    while (answer.next_cursor !== null) {
      answer = await this.#page(client, { ...query, cursor: answer.next_cursor }, abort)
      yield answer
    }
  }

  /** What a later scan brings must be of no earlier moment than the first one's: replicas read the log at their own pace. */
  async #first(
    client: HttpClient,
    query: WalkQuery,
    channel: Channel,
    least: Position | undefined,
    abort = new AbortController().signal
  ): Promise<ScanAnswer> {
    for (let attempt = 0; attempt < CATCH_UP.attempts; attempt++) {
      const answer = await this.#page(client, query, abort)
      const { epoch, offset } = answer.positions[channel]
      if (least === undefined || (epoch === least.epoch && offset >= least.offset)) return answer
      await pause(CATCH_UP.wait, abort)
      abort.throwIfAborted()
    }
    return raise('patterns_unavailable', 'pattern-query is behind what it answered before')
  }

  async #page(
    client: HttpClient,
    query: WalkQuery & { readonly cursor?: string },
    signal: AbortSignal | undefined
  ): Promise<ScanAnswer> {
    if (this.#limit.pendingCount >= WAITING) raise('patterns_unavailable', 'too many wait for an answer of it')
    try {
      return await this.#limit(() => {
        signal?.throwIfAborted()
        return client.patterns.scan(query, { signal })
      })
    } catch (error) {
      signal?.throwIfAborted()
      throw problemOf(error, query.cursor !== undefined)
    }
  }
}

/**
 * What pattern-query refuses for good is refused in its words; all else is that it cannot be read now. So is a walk that cannot go on: the log began anew, and so may the
 * snapshot.
 */
function problemOf(error: unknown, isGoingOn: boolean): ProblemError {
  const refusal = passedOn(error)
  if (refusal !== undefined && !(isGoingOn && refusal.code === 'invalid_request')) return refusal
  return new ProblemError('patterns_unavailable', 'live patterns cannot be read now', { cause: error })
}
