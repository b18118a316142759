import { CHANNELS, type Channel, isChannel } from '../channels.ts'

/**
 * Every Redis name there is. A `{…}` part is a hash tag: keys that one script touches share a slot of a Redis Cluster.
 * A key without braces is hashed whole, so `{tickstock:patterns:unified}:…` lies beside `tickstock:patterns:unified`.
 */

/** Live patterns: ZSET, score = confidence, member = pattern (JSON). */
export const UNIFIED_KEY = 'tickstock:patterns:unified'

/** How far each log has been projected: hash, channel → `epoch:offset:log time (ms):ends from`. */
export const UNIFIED_POSITIONS_KEY = '{tickstock:patterns:unified}:positions'

/**
 * What a channel says of its live patterns: hash, pattern id → `moment:offsets:member`. The offsets are those at which the channel's log says it, oldest
 * first, by commas; `~` before the first means that there were older ones. The ZSET has of each pattern what the newest word says.
 */
export const unifiedStatesKey = (channel: Channel): string => `{tickstock:patterns:unified}:states:${channel}`

/** What has ended, so that what comes late does not revive it: hash, pattern id → `offset:moment:log time (ms)` of its end. */
export const unifiedEndsKey = (channel: Channel): string => `{tickstock:patterns:unified}:ends:${channel}`

/** The same in order: ZSET, pattern id by the offset of its end. */
export const unifiedEndedKey = (channel: Channel): string => `{tickstock:patterns:unified}:ended:${channel}`

/** How long requests took: list, newest first, of JSON; bounded. */
export const API_PERFORMANCE_KEY = 'api_performance'

/** Entries that the list `api_performance` keeps: the newest. */
export const API_PERFORMANCE_LENGTH = 10_000

/** Edits of watchlists and saved filters: stream with the field `change` (JSON). */
export const UNIVERSE_CHANGES_KEY = 'tickstock:universe:changes'

/**
 * Which entries of user-universe's cache count: those that carry its value (string). All of the cache lies in one slot, so that one script sees
 * an entry and this: it is some kilobytes a user, and one shard answers 100,000 reads a second.
 */
export const UNIVERSE_EPOCH_KEY = 'tickstock:{universe}:epoch'

/** A user's watchlists and saved filters, for five minutes: hash. */
export const userEntryKey = (user: string): string => `tickstock:{universe}:user:${user}`

/** What a search of symbols found, for five minutes: hash. */
export const symbolsEntryKey = (question: string): string => `tickstock:{universe}:symbols:${question}`

/** The durable way in: stream with the fields `channel` (optional) and `event` (JSON); without `event`, its fields are the event's own. */
export const INBOX_KEY = 'tickstock:patterns:inbox'

/** Consumer group of the ingest replicas on the inbox. */
export const INBOX_GROUP = 'ingest'

/** What could not be understood: stream with the fields `reason`, `detail`, `origin`, `payload`, and where it applies `channel`, `truncated` (bytes). */
export const DEAD_LETTER_KEY = 'tickstock:patterns:dead-letter'

/** The log of a channel: stream, entry id = `<offset>-0`. */
export const logKey = (channel: Channel): string => `tickstock:{patterns:${channel}}:log`

/**
 * The head of a channel's log: hash with `epoch`, `offset` and `start`, the offset before the epoch's first entry; once something was cut off also `cut`, entries
 * that were, and `cut_unread`, those among them that a gateway's group had not acknowledged; `awaited`
 * (ms) where a writer waited for replicas; `time`, the log's time: the highest `at` of its entries (ms).
 */
export const headKey = (channel: Channel): string => `tickstock:{patterns:${channel}}:head`

/** Event ids of the deduplication window: ZSET, score = time of append (ms). */
export const seenKey = (channel: Channel): string => `tickstock:{patterns:${channel}}:seen`

/**
 * What a channel's log says of each pattern: hash, pattern id → `moment:threshold values (JSON)` of a live one, `moment:log time (ms)` of an ended one.
 */
export const statesKey = (channel: Channel): string => `tickstock:{patterns:${channel}}:states`

/** When each of these states is forgotten: ZSET, score = log time (ms). */
export const forgetKey = (channel: Channel): string => `tickstock:{patterns:${channel}}:forget`

/** Lease of a gateway slot: string, the holder's id. */
export const slotKey = (slot: number): string => `tickstock:gateway:slot:${slot}`

/** Since when slots that have a consumer group are free: hash, slot → time (ms). */
export const FREE_SLOTS_KEY = 'tickstock:gateway:free-slots'

/** Positions that a user's devices acknowledged: hash, `<device> <subscription name> <channel>` → position and time (JSON). */
export const acknowledgedKey = (user: string): string => `tickstock:gateway:acknowledged:${user}`

/** How the names of the gateways' consumer groups begin: what these have not acknowledged, the log keeps. */
export const GATEWAY_GROUP_PREFIX = 'gateway-'

/** Consumer group of the gateway instance that holds the slot. */
export const gatewayGroup = (slot: number): string => `${GATEWAY_GROUP_PREFIX}${slot}`

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
