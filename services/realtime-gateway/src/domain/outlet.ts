import type { CloseReason } from '@tickstock/contracts'

/** A client's socket, in the words of the domain. */
export interface Outlet {
  /** Bytes handed over that the operating system has not taken yet. */
  readonly buffered: number
  /** Bytes that the operating system has taken since the socket opened. */
  readonly taken: number
  /** @param done called when the operating system has taken the frame, or the socket is gone */
  send(frame: Buffer | string, done?: () => void): void
  ping(): void
  close(reason: CloseReason, detail: string): void
  /** Closes without waiting for the peer, who does not answer. */
  terminate(reason: CloseReason): void
}
