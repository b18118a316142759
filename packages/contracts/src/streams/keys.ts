import { CHANNELS, type Channel, isChannel } from '../channels.ts'

/**
 * Every Redis name there is. A `{…}` part is a hash tag: keys that one script touches share a slot of a Redis Cluster.
 * A key without braces is hashed whole, so `{tickstock:patterns:unified}:…` lies beside `tickstock:patterns:unified`.
 */

/** Live patterns: ZSET, score = confidence, member = pattern (JSON). */
export const UNIFIED_KEY = 'tickstock:patterns:unified'

/** Which member of the ZSET a pattern is: hash, pattern id → member. */
export const UNIFIED_MEMBERS_KEY = '{tickstock:patterns:unified}:members'

/** How far each log has been projected into the ZSET: hash, channel → `epoch:offset`. */
export const UNIFIED_POSITIONS_KEY = '{tickstock:patterns:unified}:positions'

/** Patterns that have ended, so that what comes late does not revive them: ZSET, score = time of the log (ms). */
export const UNIFIED_ENDED_KEY = '{tickstock:patterns:unified}:ended'

/** Of which moment each end is: hash, pattern id → ms. */
export const UNIFIED_ENDS_KEY = '{tickstock:patterns:unified}:ends'

/** Where the log has what happened to a live pattern: hash, pattern id → its newest offsets, oldest first, by commas. */
export const UNIFIED_OFFSETS_KEY = '{tickstock:patterns:unified}:offsets'

/** How long requests took: list, newest first, of JSON; bounded. */
export const API_PERFORMANCE_KEY = 'api_performance'

/** Entries that the list `api_performance` keeps: the newest. */
export const API_PERFORMANCE_LENGTH = 10_000

/** Edits of watchlists and saved filters: stream with the field `change` (JSON). */
export const UNIVERSE_CHANGES_KEY = 'tickstock:universe:changes'

/** The durable way in: stream with the fields `channel` (optional) and `event` (JSON). */
export const INBOX_KEY = 'tickstock:patterns:inbox'

/** Consumer group of the ingest replicas on the inbox. */
export const INBOX_GROUP = 'ingest'

/** What could not be understood: stream with the fields `reason`, `origin`, `payload`. */
export const DEAD_LETTER_KEY = 'tickstock:patterns:dead-letter'

/** The log of a channel: stream, entry id = `<offset>-0`. */
export const logKey = (channel: Channel): string => `tickstock:{patterns:${channel}}:log`

/** The head of a channel's log: hash with `epoch`, `offset` and `start`, the offset before the epoch's first entry. */
export const headKey = (channel: Channel): string => `tickstock:{patterns:${channel}}:head`

/** Event ids of the deduplication window: ZSET, score = time of append (ms). */
export const seenKey = (channel: Channel): string => `tickstock:{patterns:${channel}}:seen`

/** Lease of a gateway slot: string, the holder's id. */
export const slotKey = (slot: number): string => `tickstock:gateway:slot:${slot}`

/** Since when slots that have a consumer group are free: hash, slot → time (ms). */
export const FREE_SLOTS_KEY = 'tickstock:gateway:free-slots'

/** Consumer group of the gateway instance that holds the slot. */
export const gatewayGroup = (slot: number): string => `gateway-${slot}`

/** The slot that a consumer group is of, or undefined for a group that is no gateway's. */
export const slotOfGroup = (group: string): number | undefined => {
  const [, slot] = /^gateway-(\d{1,4})$/.exec(group) ?? []
  return slot === undefined ? undefined : Number(slot)
}

/** Pub/sub channels of producers. Deployed producers also use the base name; the event's own timeframe then says the channel. */
export const PRODUCER_BASE = 'tickstock.events.patterns'

export const producerChannel = (channel: Channel): string => `${PRODUCER_BASE}.${channel}`

export const PRODUCER_CHANNELS: readonly string[] = [PRODUCER_BASE, ...CHANNELS.map(producerChannel)]

/** The log's channel that a pub/sub channel names, or undefined for the base name. */
export const channelOfProducer = (name: string): Channel | undefined => {
  const suffix = name.slice(PRODUCER_BASE.length + 1)
  return name.startsWith(`${PRODUCER_BASE}.`) && isChannel(suffix) ? suffix : undefined
}
