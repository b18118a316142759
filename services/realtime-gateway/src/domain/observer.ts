import type { CloseReason, GapReason } from '@tickstock/contracts'

/** What was written since the last time it was told. */
export interface Written {
  /** Writes to sockets; each joins what several feeds had due. */
  writes: number
  bytes: number
  /** Events that were sent as they happened. */
  live: number
  /** Events of replays. */
  replayed: number
  /** When the oldest events of what was sent live were appended, ms: each once for all the sockets in a row that were sent it. */
  readonly appendedAt: number[]
  readonly gaps: GapReason[]
}

/** Who counts. The domain tells, and does not know how it is shown. */
export interface Observer {
  wrote(written: Readonly<Written>): void
  /** The log could not be read for a subscription; it will be tried again when the log answers. */
  historyFailed(error: unknown): void
  /** Something broke that has no better place to go. */
  failed(error: unknown): void
  /** A socket was closed from here. */
  closed(reason: CloseReason): void
}
