import type { Socket } from 'node:net'
import { CLOSE_CODES, type CloseReason } from '@tickstock/contracts'
import type { WebSocket } from 'ws'
import type { Outlet } from '../domain/outlet.ts'

/** Bytes that a close frame has for its reason. */
const REASON_BYTES = 123

/** A `ws` socket as the domain sees it. */
export class SocketOutlet implements Outlet {
  readonly #socket: WebSocket
  readonly #stream: Socket

  constructor(socket: WebSocket, stream: Socket) {
    this.#socket = socket
    this.#stream = stream
  }

  get buffered(): number {
    return this.#socket.bufferedAmount
  }

  get taken(): number {
    return this.#stream.bytesWritten - this.#stream.writableLength
  }

  send(frame: Buffer | string, done?: () => void): void {
    this.#socket.send(frame, { binary: false }, done)
  }

  ping(): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.ping()
  }

  close(reason: CloseReason, detail: string): void {
    const text = Buffer.from(`${reason}: ${detail}`)
      .subarray(0, REASON_BYTES)
      .toString()
      .replace(/\uFFFD+$/, '')
    this.#socket.close(CLOSE_CODES[reason], text)
  }

  terminate(reason: CloseReason): void {
    this.#socket.close(CLOSE_CODES[reason], reason)
    this.#socket.terminate()
  }
}
