export { type BackOffBounds, backOff, pause, waitAfter } from './back-off.ts'
export { GroupReader } from './group-reader.ts'
export { LogReader } from './log-reader.ts'
export { LogRetention, type LogRetentionOptions, type Retained } from './log-retention.ts'
export type { EntriesSignal, GapSignal, IdleSignal, LogSignal } from './log-signal.ts'
export { APPENDED_AT_ONCE, type AppendResult, LogWriter, type LogWriterOptions } from './log-writer.ts'
export type { Logger } from './logger.ts'
export { firstOffset, inspectLog, type KnownEntry, type LogState, openLog } from './open-log.ts'
export { checkRedisUrl, type OpenRedisOptions, openRedis, openSubscriber } from './open-redis.ts'
export { Outage } from './outage.ts'
export { readRange } from './read-range.ts'
export type { GroupReaderOptions, ReaderOptions } from './reader-options.ts'
export {
  describeRedisUrl,
  isRedisUrl,
  parseRedisUrl,
  REDIS_URL_FORMS,
  type RedisAddress,
  RedisUrlError,
  requireRedisUrl
} from './redis-address.ts'
export type { RedisClient } from './redis-client.ts'
export { isRetryable } from './retryable.ts'
export { Script, type ScriptOptions } from './script.ts'
export { UnexpectedReplyError } from './unexpected-reply-error.ts'
export { UniverseChanges, type UniverseChangesOptions, type UniverseSignal } from './universe-changes.ts'
