import { ProblemError } from '@tickstock/contracts'

export interface WriteTurnsOptions {
  /** Writes of one user that may wait. */
  readonly most: number
  /** How long one of them waits, ms. */
  readonly within: number
}

/**
 * Lets the writes of each user go one after another, in the order in which they came. Postgres would make them wait for
 * each other anyway, but with a connection in hand that another user could write with.
 */
export class WriteTurns {
  readonly #options: WriteTurnsOptions
  /** Of each user who writes now, those that wait: each begins when called. */
  readonly #lines = new Map<string, Set<() => void>>()

  constructor(options: WriteTurnsOptions) {
    this.#options = options
  }

  /**
   * @returns what the write does
   * @throws ProblemError `too_many_requests` when too many of this user's wait already, `database_unavailable` when the
   * turn does not come in time; the write has not begun then
   */
  async take<Result>(user: string, write: () => Promise<Result>): Promise<Result> {
    await this.#turn(user)
    try {
      return await write()
    } finally {
      this.#pass(user)
    }
  }

  async #turn(user: string): Promise<void> {
    const line = this.#lines.get(user)
    if (line === undefined) {
      this.#lines.set(user, new Set())
      return
    }
    const { most, within } = this.#options
    if (line.size >= most)
      throw new ProblemError('too_many_requests', `At most ${most} writes of one user wait at once`)
    const { promise: called, resolve: begin, reject } = Promise.withResolvers<void>()
    const timer = setTimeout(() => {
      line.delete(begin)
      reject(new ProblemError('database_unavailable', 'The writes of this user before it did not end in time'))
    }, within)
    line.add(begin)
    await called.finally(() => clearTimeout(timer))
  }

  #pass(user: string): void {
    const line = this.#lines.get(user)
    const [begin] = line ?? []
    if (begin === undefined) {
      this.#lines.delete(user)
      return
    }
    line?.delete(begin)
    begin()
  }
}
