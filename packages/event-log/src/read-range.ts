import { type Channel, decodeLogEntry, entryId, type LogEntry, logKey } from '@tickstock/contracts'
import type { RedisClient } from './redis-client.ts'

/**
 * Entries after an offset, oldest first.
 *
 * They may belong to several epochs, and what retention has cut is missing: compare the first one's offset.
 *
 * @throws CorruptLogEntryError if an entry is not understood
 */
export async function readRange(
  redis: RedisClient,
  channel: Channel,
  { after, count }: { readonly after: number; readonly count: number }
): Promise<LogEntry[]> {
  const entries = await redis.xrange(logKey(channel), entryId(after + 1), '+', 'COUNT', count)
  return entries.map(([id, fields]) => decodeLogEntry(id, fields))
}
