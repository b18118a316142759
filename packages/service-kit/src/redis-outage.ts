import type { Logger } from './logger.ts'

/** While Redis is away, one line in so many milliseconds says that it still is. */
const REMIND_EVERY = 30_000

/** Logs when Redis, or whoever stands beside it, ceases to answer, that it still does not, and when it does again. */
export class RedisOutage {
  readonly #logger: Logger
  readonly #who: string
  #outage: { readonly since: number; errors: number; logged: number } | undefined

  constructor(logger: Logger, who = 'Redis') {
    this.#logger = logger
    this.#who = who
  }

  failed(error: Error): void {
    const now = Date.now()
    this.#outage ??= { since: now, errors: 0, logged: 0 }
    const outage = this.#outage
    outage.errors += 1
    if (now - outage.logged < REMIND_EVERY) return
    outage.logged = now
    this.#logger.warn({ err: error, errors: outage.errors, ms: now - outage.since }, `${this.#who} does not answer`)
  }

  over(): void {
    const outage = this.#outage
    if (outage) {
      this.#logger.info({ errors: outage.errors, ms: Date.now() - outage.since }, `${this.#who} answers again`)
    }
    this.#outage = undefined
  }
}
