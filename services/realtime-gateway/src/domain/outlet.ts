import type { CloseReason } from '@tickstock/contracts'

/** A client's socket, in the words of the domain. Nothing goes out once closing has begun. */
export interface Outlet {
  /** Bytes handed over that the operating system has not taken yet. */
  readonly buffered: number
  /** Bytes that the operating system has taken since the socket opened. */
  readonly taken: number
  /** Bytes that the peer has to read before it can answer the next ping. */
  readonly ahead: number
  /**
   * Hands over messages as JSON text.
   *
   * @param done called when the operating system has taken it, or the socket is gone
   */
  send(text: string, done?: () => void): void
  /** Hands over a whole WebSocket frame, ready-made: many sockets may share it. */
  write(frame: Buffer): void
  /** Calls back once, when the operating system has taken all that was handed over before, or the socket is gone. */
  whenTaken(callback: () => void): void
  /** Pings go out with every so many bytes besides. */
  ping(): void
  /** A pong came. @returns whether it answers a ping */
  ponged(payload: string): boolean
  close(reason: CloseReason, detail: string): void
  /** Closes without waiting for the peer, who does not answer. */
  terminate(reason: CloseReason): void
}
