import { type ClientMessage, SOCKET_LIMITS } from '@tickstock/contracts'

/** So many go at once: with those of the upkeep beside them, and a network that brings all of a while together, a server allows that. */
const AT_ONCE = 32
/** Milliseconds for one more: 20 a second, while acknowledgements and pulls are 24 and a server allows 50. */
const EVERY_MS = 1000 / (0.4 * SOCKET_LIMITS.messagesPerSecond)

interface Waiting {
  readonly messages: ClientMessage[]
  /** When all that may go at once may go again, ms. */
  freeAt: number
}

/** Messages that an application, or a log that is another, can cause in any number: they wait where a server would take them for a flood. */
export class PacedMessages {
  readonly #send: (socket: number, message: ClientMessage) => void
  readonly #sockets = new Map<number, Waiting>()

  constructor(send: (socket: number, message: ClientMessage) => void) {
    this.#send = send
  }

  /** When the next may go, ms. */
  get wakeAt(): number {
    let first = Number.POSITIVE_INFINITY
    for (const { messages, freeAt } of this.#sockets.values()) {
      if (messages.length > 0) first = Math.min(first, freeAt - (AT_ONCE - 1) * EVERY_MS)
    }
    return first
  }

  /** Sends it in its turn. @returns milliseconds until then */
  add(socket: number, message: ClientMessage, now: number): number {
    const waiting = this.#sockets.get(socket) ?? { messages: [], freeAt: now }
    this.#sockets.set(socket, waiting)
    waiting.messages.push(message)
    this.run(now)
    return waiting.messages.length * EVERY_MS
  }

  /** Takes back a `subscribe` that waits. @returns whether there was one */
  takeBack(socket: number, id: string): boolean {
    const { messages = [] } = this.#sockets.get(socket) ?? {}
    const at = messages.findIndex(message => message.type === 'subscribe' && message.id === id)
    return at >= 0 && messages.splice(at, 1).length > 0
  }

  /** Sends what may go now. */
  run(now: number): void {
    for (const [socket, waiting] of this.#sockets) {
      while (waiting.messages.length > 0 && waiting.freeAt <= now + (AT_ONCE - 1) * EVERY_MS) {
        waiting.freeAt = Math.max(waiting.freeAt, now) + EVERY_MS
        const message = waiting.messages.shift()
        if (message) this.#send(socket, message)
      }
    }
  }

  /** The socket is left. */
  forget(socket: number): void {
    this.#sockets.delete(socket)
  }
}
