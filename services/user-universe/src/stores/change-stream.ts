import { UNIVERSE_CHANGES_KEY, type Universe, type UniverseChange, userEntryKey } from '@tickstock/contracts'
import { connectRedis, type Logger } from '@tickstock/service-kit'
import type { Redis } from 'ioredis'
import { CacheEntries } from './cache/cache-entries.ts'

/** Changes that the stream keeps, more or less. Followers that were away for longer read anew what they know. */
const KEPT = 100_000

/** How long Redis may take for a batch, ms. Meanwhile a transaction is open. */
const PATIENCE = 1_000

export interface ChangeStreamOptions {
  readonly url: string
  readonly logger: Logger
  /** A user's universe as an entry of the cache holds it. */
  readonly universeOf: (text: string) => Universe | undefined
}

/** The stream that tells everybody what users edit. */
export class ChangeStream {
  readonly #redis: Redis
  readonly #entries: CacheEntries
  readonly #universeOf: ChangeStreamOptions['universeOf']

  constructor({ url, logger, universeOf }: ChangeStreamOptions) {
    this.#universeOf = universeOf
    this.#redis = connectRedis({
      url,
      name: 'user-universe:changes',
      logger,
      commandTimeout: PATIENCE,
      enableOfflineQueue: false
    })
    const redis = this.#redis
    this.#entries = new CacheEntries({ read: command => command(redis), write: command => command(redis) })
  }

  /** Whether it makes sense to try. */
  get connected(): boolean {
    return this.#redis.status === 'ready'
  }

  /**
   * Makes void what the cache knows of the changed, where it is from before; then tells everybody. Whoever makes a change does the first
   * himself, unless he could not reach Redis, or was killed just then.
   *
   * @throws what ioredis throws: some may have been told then, and will be again
   */
  async publish(changes: readonly UniverseChange[]): Promise<void> {
    const users = Map.groupBy(changes, ({ user }) => user)
    await Promise.all(Array.from(users, ([user, his]) => this.#settle(user, his)))
    const told = changes.map(change =>
      this.#redis.xadd(UNIVERSE_CHANGES_KEY, 'MAXLEN', '~', KEPT, '*', 'change', JSON.stringify(change))
    )
    await Promise.all(told)
  }

  close(): void {
    this.#redis.disconnect()
  }

  async #settle(user: string, changes: readonly UniverseChange[]): Promise<void> {
    const entry = userEntryKey(user)
    const text = await this.#entries.textOf(entry)
    const universe = text === undefined ? undefined : this.#universeOf(text)
    if (universe && changes.every(change => isIn(universe, change))) return
    await this.#entries.endWrite(entry, undefined)
  }
}

/** Whether what is known has a change in it, or something newer. */
function isIn({ watchlists, filters }: Universe, { kind, id, version, deleted }: UniverseChange): boolean {
  const item = (kind === 'watchlist' ? watchlists : filters).find(item => item.id === id)
  if (deleted) return item === undefined
  return item !== undefined && item.version >= version
}
