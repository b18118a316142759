import { UNIVERSE_CHANGES_KEY, type Universe, type UniverseChange, userEntryKey } from '@tickstock/contracts'
import { CacheEntries } from './cache/cache-entries.ts'
import type { CacheLink } from './cache/cache-link.ts'

/** Changes that the stream keeps, more or less. Followers that were away for longer read anew what they know. */
const KEPT = 100_000

export interface ChangeStreamOptions {
  readonly link: CacheLink
  /** A user's universe as an entry of the cache holds it. */
  readonly universeOf: (text: string) => Universe | undefined
}

/**
 * The stream that tells everybody what users edit. It goes the way of the cache: a replica that reads from the cache can then also make void there what
 * others could not.
 */
export class ChangeStream {
  readonly #link: CacheLink
  readonly #entries: CacheEntries
  readonly #universeOf: ChangeStreamOptions['universeOf']

  constructor({ link, universeOf }: ChangeStreamOptions) {
    this.#universeOf = universeOf
    this.#link = link
    this.#entries = new CacheEntries({
      read: command => link.command(command),
      write: command => link.command(command)
    })
  }

  /** Whether it makes sense to try. */
  get connected(): boolean {
    return this.#link.trusted
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
    await this.#link.command(redis =>
      Promise.all(
        changes.map(change =>
          redis.xadd(UNIVERSE_CHANGES_KEY, 'MAXLEN', '~', KEPT, '*', 'change', JSON.stringify(change))
        )
      )
    )
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
