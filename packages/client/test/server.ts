import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { decodeClientFrame, perChannel, type ScanAnswer, SUBPROTOCOL, type Subscribe } from '@tickstock/contracts'
import { type WebSocket, WebSocketServer } from 'ws'
import { ModelServer } from './session/model-server.ts'
import { ModelSocket } from './session/model-socket.ts'

export type Answer = (request: IncomingMessage, body: string) => { status: number; body?: unknown; headers?: object }

interface Teardown {
  teardown(end: () => unknown): unknown
}

export const json = { 'content-type': 'application/json' }
export const problemJson = { 'content-type': 'application/problem+json; charset=utf-8' }

/** A small service: the model of the protocol on real sockets, and whatever HTTP answers a test gives. */
export class TestService {
  readonly model = new ModelServer()
  readonly log = this.model.log
  readonly sockets = new Map<WebSocket, ModelSocket>()
  readonly requests: { method: string; url: string; headers: IncomingMessage['headers']; body: string }[] = []
  readonly auths: unknown[] = []
  /** The answers to come, in order; the last one stays. */
  answers: Answer[] = []
  /** What a new socket is closed with instead of a welcome. */
  refuseWith: number | undefined
  /** What a welcome promises; they come more often, so that a slow machine is not taken for a silent server. */
  promisedHeartbeatMs = 5000
  silent = false
  /** What it answers to a `subscribe` instead of serving it. */
  refuses: (message: Subscribe, on: { readonly subscriptions: number }) => object | undefined = () => undefined
  port = 0
  readonly #http = createServer((request, response) => void this.#answer(request, response))
  readonly #ws = new WebSocketServer({ server: this.#http, path: '/ws', handleProtocols: () => SUBPROTOCOL })
  #timer: NodeJS.Timeout | undefined

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  async start(t: Teardown, port = 0): Promise<this> {
    this.#ws.on('connection', socket => this.#accept(socket))
    await new Promise<void>(resolve => this.#http.listen(port, '127.0.0.1', resolve))
    const address: AddressInfo | string | null = this.#http.address()
    if (typeof address === 'object' && address !== null) this.port = address.port
    this.#timer = setInterval(() => this.heartbeat(), 25)
    t.teardown(() => this.stop())
    return this
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    for (const socket of this.#ws.clients) socket.terminate()
    this.#http.closeAllConnections()
    await new Promise<void>(resolve => this.#http.close(() => resolve()))
  }

  onConnection(listener: (socket: unknown) => void): void {
    this.#http.on('connection', listener)
  }

  publish(...symbols: string[]): void {
    for (const symbol of symbols) this.log.append(symbol)
    for (const [socket, model] of this.sockets) {
      model.pump()
      this.#flush(socket, model)
    }
  }

  heartbeat(): void {
    if (this.silent) return
    for (const [socket, model] of this.sockets) {
      model.heartbeat()
      this.#flush(socket, model)
    }
  }

  drain(): void {
    for (const [socket, model] of this.sockets) {
      model.drain()
      this.#flush(socket, model)
    }
  }

  send(text: string): void {
    for (const socket of this.sockets.keys()) socket.send(text)
  }

  close(code: number): void {
    for (const socket of this.sockets.keys()) socket.close(code)
  }

  cut(): void {
    for (const socket of this.sockets.keys()) socket.terminate()
  }

  scanAnswer(): ScanAnswer {
    const positions = perChannel(() => ({ epoch: this.log.epoch, offset: this.log.top }))
    return {
      patterns: [],
      page: 1,
      per_page: 30,
      total: 0,
      pages: 0,
      next_cursor: null,
      positions,
      stale: false,
      as_of: 1
    }
  }

  #accept(socket: WebSocket): void {
    if (this.refuseWith !== undefined) {
      socket.close(this.refuseWith)
      return
    }
    this.model.heartbeatMs = this.promisedHeartbeatMs
    const model = new ModelSocket(this.model)
    this.sockets.set(socket, model)
    socket.on('close', () => this.sockets.delete(socket))
    socket.on('message', data => {
      for (const message of decodeClientFrame(String(data))) {
        if (message.type === 'auth') this.auths.push(message)
        const refusal = message.type === 'subscribe' ? this.refuses(message, model) : undefined
        if (message.type === 'subscribe' && refusal) model.sent.push(JSON.stringify({ ...refusal, id: message.id }))
        else model.receive(message)
      }
      this.#flush(socket, model)
    })
  }

  #flush(socket: WebSocket, model: ModelSocket): void {
    for (const text of model.sent.splice(0)) socket.send(text)
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = ''
    for await (const chunk of request) body += chunk
    this.requests.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body })
    const answer = this.answers.length > 1 ? this.answers.shift() : this.answers[0]
    const { status, body: sent, headers = json } = answer?.(request, body) ?? { status: 404 }
    response.writeHead(status, { ...headers })
    response.end(typeof sent === 'string' ? sent : sent === undefined ? undefined : JSON.stringify(sent))
  }
}
