import type { CloseReason } from '@tickstock/contracts'
import type { Write } from './subscription.ts'

/** Who counts. The domain tells, and does not know how it is shown. */
export interface Observer {
  /** One write to one socket, which joins what several feeds had due. */
  wrote(writes: readonly Write[], bytes: number): void
  /** The log could not be read for a subscription; it will be tried again when the log answers. */
  historyFailed(error: unknown): void
  /** Something broke that has no better place to go. */
  failed(error: unknown): void
  /** A socket was closed from here. */
  closed(reason: CloseReason): void
}
