import type { Channel, LogEntry, Position } from '@tickstock/contracts'

/** Where a channel's log stands. */
export interface Standing {
  readonly head: Position
  /** All that is retained of the head's epoch lies after this offset. */
  readonly floor: number
}

/** The log itself, for those who need what the ring no longer holds. Both reject while the log does not answer. */
export interface History {
  /** Most entries of a page. */
  readonly pageSize: number
  /** Entries after an offset, and up to another where one is given; oldest first, at most a page of them. Empty when there are none. */
  page(channel: Channel, after: number, upTo?: number): Promise<readonly LogEntry[]>
  standing(channel: Channel): Promise<Standing>
}
