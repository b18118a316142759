import type { Socket } from 'node:net'
import { CLOSE_CODES, type CloseReason } from '@tickstock/contracts'
import type { WebSocket } from 'ws'
import { textFrame } from '../domain/frames.ts'
import type { Outlet } from '../domain/outlet.ts'
import { Probes } from '../domain/probes.ts'

/** Bytes that a close frame has for its reason. */
const REASON_BYTES = 123

const NOTHING = Buffer.alloc(0)

/**
 * A `ws` socket as the domain sees it.
 *
 * Frames go to the stream beneath it, whole and ready: `ws` would make a header for each client and hand over two buffers. Its own frames (pings, pongs,
 * the close) are written to the same stream when it is told to, since nothing is compressed, so all stay in order; none of ours is written once it is closing.
 */
export class SocketOutlet implements Outlet {
  readonly #socket: WebSocket
  readonly #stream: Socket
  readonly #probes = new Probes()

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

  get ahead(): number {
    return this.#probes.ahead
  }

  send(text: string, done?: () => void): void {
    if (this.#isOpen) this.#write(textFrame(text), done && (() => done()))
    else done?.()
  }

  write(frame: Buffer): void {
    if (this.#isOpen) this.#write(frame)
  }

  /** `drain` would not do: the stream says it only after more than its own high-water mark. */
  whenTaken(callback: () => void): void {
    if (this.#isOpen) this.#stream.write(NOTHING, () => callback())
    else if (this.#stream.destroyed) setImmediate(callback)
    else this.#stream.once('close', () => callback())
  }

  ping(): void {
    if (this.#isOpen) this.#socket.ping(this.#probes.ping())
  }

  ponged(payload: string): boolean {
    return this.#probes.pong(payload)
  }

  close(reason: CloseReason, detail: string): void {
    const text = Buffer.from(`${reason}: ${detail}`)
      .subarray(0, REASON_BYTES)
      .toString()
      .replace(/\uFFFD+$/, '')
    this.#socket.close(CLOSE_CODES[reason], text)
    this.#discard()
  }

  /**
   * What a peer says after it was told to go is not even looked at: a flood would else be decoded until the peer agrees to go. It is still taken off the network, since
   * bytes that nobody takes make the operating system drop the close frame that is on its way to the peer.
   */
  #discard(): void {
    this.#stream.removeAllListeners('data')
    this.#stream.resume()
    this.#stream.end()
  }

  terminate(reason: CloseReason): void {
    this.#socket.close(CLOSE_CODES[reason], reason)
    this.#socket.terminate()
  }

  /** A ping that is due goes out in the same system call. */
  #write(frame: Buffer, done?: () => void): void {
    const isDue = this.#probes.hand(frame.length)
    if (isDue) this.#stream.cork()
    this.#stream.write(frame, done)
    if (!isDue) return
    this.ping()
    this.#stream.uncork()
  }

  get #isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN
  }
}
