import { type Universe, userEntryKey } from '@tickstock/contracts'
import type { Reading, Universes } from '../../domain/universes.ts'
import type { Database } from '../database.ts'
import { selectUniverse } from '../select-universe.ts'
import type { SharedReads } from './shared-reads.ts'

/** One entry of the cache a user, which answers whatever he reads of his own: what is not in it, he does not have. */
export class CachedUniverses implements Universes {
  readonly #reads: SharedReads<typeof Universe>
  readonly #database: Database

  constructor(reads: SharedReads<typeof Universe>, database: Database) {
    this.#reads = reads
    this.#database = database
  }

  of(user: string): Promise<Reading<Universe>> {
    return this.#reads.read(userEntryKey(user), since =>
      this.#database.readSince(since, user, transaction => selectUniverse(transaction, user))
    )
  }
}
