import {
  type Channel,
  CorruptLogEntryError,
  decodeLogEntry,
  entryId,
  type LogEntry,
  logKey
} from '@tickstock/contracts'
import { inspectLog, type RedisClient } from '@tickstock/event-log'
import type { History, Standing } from '../domain/history.ts'

/** Entries of one page: some 200 KB of JSON. */
const PAGE = 500

/** The log in Redis. `redis` needs a command timeout: a client waits for the answer. */
export class LogHistory implements History {
  readonly pageSize = PAGE
  readonly #redis: RedisClient
  readonly #standings = new Map<Channel, Promise<Standing>>()

  constructor(redis: RedisClient) {
    this.#redis = redis
  }

  /** Ends before an entry that is not understood, or begins after it: so it shows as what it is, a hole. */
  async page(channel: Channel, after: number, upTo?: number): Promise<readonly LogEntry[]> {
    const end = upTo === undefined ? '+' : entryId(upTo)
    const read = await this.#redis.xrange(logKey(channel), entryId(after + 1), end, 'COUNT', PAGE)
    const page: LogEntry[] = []
    for (const [id, fields] of read) {
      const entry = understood(id, fields)
      if (entry !== undefined) page.push(entry)
      else if (page.length > 0) break
    }
    return page
  }

  /**
   * Those who ask in the same turn share one read, which begins after all of them asked: an answer from before could be behind a position
   * that a client already has.
   */
  standing(channel: Channel): Promise<Standing> {
    const shared = this.#standings.get(channel)
    if (shared !== undefined) return shared
    const asked = Promise.resolve().then(() => {
      this.#standings.delete(channel)
      return this.#inspect(channel)
    })
    this.#standings.set(channel, asked)
    return asked
  }

  async #inspect(channel: Channel): Promise<Standing> {
    const { head, start, first } = await inspectLog(this.#redis, channel)
    return { head, floor: Math.max(start, first - 1) }
  }
}

function understood(id: string, fields: readonly string[]): LogEntry | undefined {
  try {
    return decodeLogEntry(id, fields)
  } catch (error) {
    if (error instanceof CorruptLogEntryError) return undefined
    throw error
  }
}
