import { ProblemError, type Universe, userEntryKey } from '@tickstock/contracts'
import type { WriteWitness } from '../database.ts'
import { selectUniverse } from '../select-universe.ts'
import type { CacheEntries, WriteBegun } from './cache-entries.ts'
import type { CacheInstruments } from './cache-instruments.ts'

export interface WriteThroughOptions {
  readonly entries: Pick<CacheEntries, 'beginWrite' | 'endWrite'>
  readonly textOf: (universe: Universe) => string
  readonly instruments: CacheInstruments
  /** Resolves when others have made void what the user wrote, or when that takes too long. */
  readonly relayed: (user: string) => Promise<void>
}

/**
 * Puts what a write leaves into the cache before the write is acknowledged. It is read in the transaction of the write:
 * every edit is followed by a read of the same user, which would else cost a transaction of its own.
 */
export class WriteThrough implements WriteWitness {
  readonly #options: WriteThroughOptions

  constructor(options: WriteThroughOptions) {
    this.#options = options
  }

  readonly around: WriteWitness['around'] = async (user, write) => {
    const { entries, textOf } = this.#options
    const begun = await entries.beginWrite(userEntryKey(user))
    let text: string | undefined
    try {
      const { result, lsn } = await write(async transaction => {
        if (begun) text = textOf(await selectUniverse(transaction, user))
      })
      await this.#end(user, begun, text, lsn)
      return result
    } catch (error) {
      if (mayBeWritten(error)) await this.#end(user, begun)
      throw error
    }
  }

  async #end(user: string, begun: WriteBegun | undefined, text?: string, lsn?: string): Promise<void> {
    const { entries, instruments, relayed } = this.#options
    const outcome = await entries.endWrite(userEntryKey(user), begun, text, lsn)
    instruments.writes.inc({ outcome: outcome ?? 'unsure' })
    if (outcome === undefined) await relayed(user)
  }
}

/** What is refused is not written. Else it may have been committed all the same: the connection broke just then, which is told as a database away. */
const mayBeWritten = (error: unknown): boolean =>
  !(error instanceof ProblemError) || error.code === 'database_unavailable'
