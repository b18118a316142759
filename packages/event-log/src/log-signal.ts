import type { LogEntry, Position } from '@tickstock/contracts'

/** What a reader of the log is told. */
export type LogSignal = EntriesSignal | IdleSignal | GapSignal

/** Entries of one epoch, dense: the first one's offset is the cursor's plus one. */
export interface EntriesSignal {
  readonly kind: 'entries'
  readonly entries: readonly LogEntry[]
}

/** The log was read with success and holds nothing new. */
export interface IdleSignal {
  readonly kind: 'idle'
  readonly head: Position
}

/**
 * What lies between `have` and `next` will not come; the reader goes on after `next`.
 *
 * `expired`: no longer in the log (trimmed, deleted) or not understood. `stream_reset`: the log was lost or went backwards.
 */
export interface GapSignal {
  readonly kind: 'gap'
  readonly reason: 'expired' | 'stream_reset'
  readonly have: Position
  readonly next: Position
}
