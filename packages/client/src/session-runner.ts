import { type Auth, SOCKET_PATH, SUBPROTOCOL } from '@tickstock/contracts'
import type { SessionEffect } from './session/effect.ts'
import type { SessionInput } from './session/input.ts'
import type { Session } from './session/session.ts'

/** What a session tells the application; the rest is between it and the network. */
export type Notice = Exclude<SessionEffect, { type: 'open' | 'authenticate' | 'renew' | 'send' | 'hang_up' }>

export interface SessionRunnerOptions {
  readonly session: Session
  /** Of the service, `http:` or `https:`. */
  readonly url: string
  readonly auth: () => Promise<Auth>
  readonly notice: (notice: Notice) => void
}

const LONGEST_TIMER = 2 ** 31 - 1
const ABNORMAL = 1006

/** Runs a session with real sockets, the clock and a timer. */
export class SessionRunner {
  readonly #options: SessionRunnerOptions
  readonly #sockets = new Map<number, WebSocket>()
  readonly #effects: SessionEffect[] = []
  #running = false
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(options: SessionRunnerOptions) {
    this.#options = options
  }

  /** An application may call this from within a notice: effects keep their order. */
  step(input: SessionInput): void {
    const { session } = this.#options
    this.#effects.push(...session.step(input, performance.now()))
    if (this.#running) return
    this.#running = true
    try {
      for (let effect = this.#effects.shift(); effect !== undefined; effect = this.#effects.shift()) this.#run(effect)
    } finally {
      this.#running = false
    }
    clearTimeout(this.#timer)
    if (!Number.isFinite(session.wakeAt)) return
    const wait = Math.min(LONGEST_TIMER, Math.max(0, session.wakeAt - performance.now()))
    this.#timer = setTimeout(() => this.step({ type: 'tick' }), wait)
  }

  #run(effect: SessionEffect): void {
    switch (effect.type) {
      case 'open':
        this.#open(effect.socket)
        break
      case 'authenticate':
        void this.#authenticate(effect.socket)
        break
      case 'renew':
        void this.#renew(effect.socket)
        break
      case 'send':
        this.#send(effect.socket, effect.message)
        break
      case 'hang_up':
        this.#sockets.get(effect.socket)?.close(effect.code, effect.reason.slice(0, 100))
        this.#sockets.delete(effect.socket)
        break
      default:
        this.#options.notice(effect)
    }
  }

  #open(number: number): void {
    const url = new URL(SOCKET_PATH, this.#options.url)
    url.protocol = url.protocol.replace('http', 'ws')
    const socket = new WebSocket(url, SUBPROTOCOL)
    this.#sockets.set(number, socket)
    socket.addEventListener('open', () => this.step({ type: 'opened', socket: number }))
    socket.addEventListener('message', ({ data }) => this.step({ type: 'frame', socket: number, text: String(data) }))
    socket.addEventListener('close', ({ code, reason }) => {
      this.#sockets.delete(number)
      this.step({ type: 'closed', socket: number, code, reason })
    })
    // A failure is always followed by a close, which is where it is dealt with.
    socket.addEventListener('error', () => undefined)
  }

  async #authenticate(number: number): Promise<void> {
    try {
      this.#send(number, await this.#options.auth())
    } catch (error) {
      this.#sockets.get(number)?.close()
      this.#sockets.delete(number)
      this.step({ type: 'closed', socket: number, code: ABNORMAL, reason: `no token: ${error}` })
    }
  }

  async #renew(number: number): Promise<void> {
    try {
      const { token } = await this.#options.auth()
      if (token === undefined) throw new Error('there is none')
      this.#send(number, { type: 'refresh', token })
    } catch (error) {
      this.step({ type: 'renew_failed', socket: number, reason: `no new token: ${error}` })
    }
  }

  #send(number: number, message: object): void {
    const socket = this.#sockets.get(number)
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message))
  }
}
