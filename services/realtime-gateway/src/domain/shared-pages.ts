import type { Channel, LogEntry, Position } from '@tickstock/contracts'
import type { History } from './history.ts'
import { Page } from './page.ts'

/**
 * The log's pages for all who replay it: a thousand clients that return at once read the log as often as one.
 *
 * Pages begin at fixed places (0, 500, 1000 …), so that those who start anywhere soon share them. One that is kept holds entries of the epoch that it
 * is kept for and of no other; these never change. It may be short of its end, where the log ended when it was read: whoever needs more reads it again.
 */
export class SharedPages {
  readonly #history: History
  readonly #bytes: number
  /** By channel, epoch and number; the one not used for longest comes first. */
  readonly #kept = new Map<string, Page>()
  readonly #reads = new Map<string, Promise<readonly LogEntry[]>>()
  #keptBytes = 0

  /** @param bytes of event JSON that are kept at most */
  constructor(history: History, bytes: number) {
    this.#history = history
    this.#bytes = bytes
  }

  /** What is in memory after a position: at least one entry of its epoch. */
  held(channel: Channel, position: Position): Page | undefined {
    const key = this.#keyOf(channel, position)
    const page = this.#kept.get(key)
    if (page === undefined || page.last <= position.offset) return undefined
    this.#kept.delete(key)
    this.#kept.set(key, page)
    return page
  }

  /**
   * What comes after a position. A page of another epoch, or of none, says that the log has nothing of this epoch there. Rejects while the log does not answer.
   */
  async read(channel: Channel, position: Position): Promise<Page> {
    const { epoch, offset } = position
    const start = this.#startOf(offset)
    const entries = await this.#once(channel, start, start + this.#history.pageSize)
    const page = new Page(entries.filter(entry => entry.epoch === epoch))
    this.#keep(this.#keyOf(channel, position), page)
    if (page.last > offset) return page
    // A hole to the end of the page, another epoch, or nothing at all.
    return new Page(await this.#once(channel, offset, undefined))
  }

  /** Reads that are under way are shared. What was appended since they began may be missing: who needs it asks again when news of the log comes. */
  #once(channel: Channel, after: number, upTo: number | undefined): Promise<readonly LogEntry[]> {
    const key = `${channel} ${after} ${upTo}`
    const shared = this.#reads.get(key)
    if (shared !== undefined) return shared
    const read = this.#history.page(channel, after, upTo).finally(() => this.#reads.delete(key))
    this.#reads.set(key, read)
    return read
  }

  #keep(key: string, page: Page): void {
    const known = this.#kept.get(key)
    // Retention may have cut the beginning of what is known; a read that began earlier may end earlier.
    if (page.entries.length === 0 || (known !== undefined && known.last >= page.last)) return
    this.#forget(key, known)
    this.#kept.set(key, page)
    this.#keptBytes += page.bytes
    for (const [oldest, { bytes }] of this.#kept) {
      if (this.#keptBytes <= this.#bytes) break
      this.#kept.delete(oldest)
      this.#keptBytes -= bytes
    }
  }

  #forget(key: string, page: Page | undefined): void {
    this.#kept.delete(key)
    this.#keptBytes -= page?.bytes ?? 0
  }

  #startOf(offset: number): number {
    return offset - (offset % this.#history.pageSize)
  }

  #keyOf(channel: Channel, { epoch, offset }: Position): string {
    return `${channel} ${epoch} ${this.#startOf(offset)}`
  }
}
