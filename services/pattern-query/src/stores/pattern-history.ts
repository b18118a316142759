import {
  CHANNELS,
  type Channel,
  CorruptLogEntryError,
  decodeLogEntry,
  entryId,
  type LogEntry,
  logKey,
  type PatternHistory,
  raise,
  unifiedStatesKey
} from '@tickstock/contracts'
import { isRetryable, type RedisClient } from '@tickstock/event-log'

/** Where a channel's log speaks of a pattern. */
interface Places {
  readonly channel: Channel
  readonly offsets: readonly number[]
  /** Whether there were older ones. */
  readonly cut: boolean
}

/** Reads what happened to a live pattern where the log still has it: by the places that the projection keeps, at most 32 entries a channel. */
export class PatternHistories {
  readonly #redis: RedisClient

  /** @param redis whose commands end within a time that a caller waits */
  constructor(redis: RedisClient) {
    this.#redis = redis
  }

  /** @throws ProblemError log_unavailable */
  async of(id: string): Promise<PatternHistory> {
    try {
      const places = await Promise.all(CHANNELS.map(channel => this.#places(channel, id)))
      const read = await Promise.all(places.map(each => this.#entries(each, id)))
      const entries = read.flat().sort((one, other) => one.appendedAt - other.appendedAt)
      const wanted = places.reduce((sum, { offsets }) => sum + offsets.length, 0)
      return {
        id,
        events: entries.map(({ epoch, offset, appendedAt, event }) => ({
          position: { epoch, offset },
          appended_at: appendedAt,
          event
        })),
        complete: entries.length > 0 && entries.length === wanted && !places.some(({ cut }) => cut)
      }
    } catch (error) {
      if (!isRetryable(error)) throw error
      return raise('log_unavailable', 'The log cannot be read now')
    }
  }

  async #places(channel: Channel, id: string): Promise<Places> {
    const word = (await this.#redis.hget(unifiedStatesKey(channel), id)) ?? ''
    const [, cut, offsets] = /^\d+:(~?)([\d,]+):/.exec(word) ?? []
    return { channel, offsets: offsets?.split(',').map(Number) ?? [], cut: cut === '~' }
  }

  /** Those that are gone are left out; so is what stands in their place since the log began anew. */
  async #entries({ channel, offsets }: Places, id: string): Promise<LogEntry[]> {
    const read = await Promise.all(
      offsets.map(offset => this.#redis.xrange(logKey(channel), entryId(offset), entryId(offset)))
    )
    return read
      .flat()
      .map(([at, fields]) => decoded(at, fields))
      .filter(entry => entry?.event.pattern.id === id)
      .filter(entry => entry !== undefined)
  }
}

function decoded(at: string, fields: readonly string[]): LogEntry | undefined {
  try {
    return decodeLogEntry(at, fields)
  } catch (error) {
    if (error instanceof CorruptLogEntryError) return undefined
    throw error
  }
}
