import type { Channel, KnownEvents, Position } from '@tickstock/contracts'
import type { Logger } from './logger.ts'
import type { RedisClient } from './redis-client.ts'

/** What a reader of one channel is made with. */
export interface ReaderOptions {
  /** Makes a connection; called again for each replacement. The reader owns what it returns. */
  readonly connect: () => RedisClient
  readonly channel: Channel
  /** Reads what comes after this position. */
  readonly from: Position
  readonly logger: Logger
  /** How long one read waits for new entries, ms. Default: 1,000. */
  readonly blockMs?: number | undefined
  /** Entries per read, at most. Default: 512, which reads 270,000/s; 64 reads 235,000/s, 2,048 no more. */
  readonly batch?: number | undefined
  /** How long an answer may take beyond `blockMs` before the connection is given up, ms. Default: 2,000. */
  readonly watchdogMs?: number | undefined
  /** Events that this process has itself encoded for the log, lately. */
  readonly known?: KnownEvents | undefined
}

export interface GroupReaderOptions extends ReaderOptions {
  /** The group; made after `from` if there is none, else `from` is ignored and the group's own position holds. */
  readonly group: string
  /** The one consumer that the group has now. It takes over what its predecessors left. */
  readonly consumer: string
}
