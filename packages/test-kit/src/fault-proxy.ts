import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { pipeline } from 'node:stream/promises'
import { setTimeout as delay } from 'node:timers/promises'
import type { Teardown } from './teardown.ts'

export interface FaultProxyOptions {
  readonly target: { readonly host: string; readonly port: number }
}

/** Starts a TCP proxy before a server, through which a test breaks the network. It closes with the test. */
export async function startFaultProxy(t: Teardown, { target }: FaultProxyOptions): Promise<FaultProxy> {
  const proxy = new FaultProxy(target)
  await proxy.restore()
  t.teardown(() => proxy.cut())
  return proxy
}

/** For any protocol over TCP. Its port stays the same, cut or not. */
export class FaultProxy {
  readonly host = '127.0.0.1'
  readonly #target: FaultProxyOptions['target']
  readonly #pairs = new Set<readonly [Socket, Socket]>()
  #server: Server | undefined
  #port = 0
  #accepted = 0
  #delay = 0
  #gate = Promise.withResolvers<void>()

  constructor(target: FaultProxyOptions['target']) {
    this.#target = target
    this.#gate.resolve()
  }

  get port(): number {
    return this.#port
  }

  /** Connections that are open now. */
  get connections(): number {
    return this.#pairs.size
  }

  /** Connections accepted since the start: tells whether a client came back. */
  get accepted(): number {
    return this.#accepted
  }

  /** Resets every connection, and refuses new ones until `restore`. */
  async cut(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    const closed = server && once(server, 'close')
    server?.close()
    for (const pair of this.#pairs) resetBoth(pair)
    await closed
  }

  /** Listens again, on the same port. */
  async restore(): Promise<void> {
    if (this.#server) return
    const server = createServer({ allowHalfOpen: true }, socket => this.#accept(socket))
    this.#server = server
    server.listen({ host: this.host, port: this.#port })
    await once(server, 'listening')
    const address = server.address()
    if (address !== null && typeof address === 'object') this.#port = address.port
  }

  /** Keeps every connection open and accepts more, but lets no byte through, as a mute peer does. */
  freeze(): void {
    this.thaw()
    this.#gate = Promise.withResolvers<void>()
  }

  /** Lets everything through that was held back, in order. */
  thaw(): void {
    this.#gate.resolve()
  }

  /** Holds each chunk back for so many milliseconds, one after the other: slows large transfers too. */
  delay(milliseconds: number): void {
    this.#delay = milliseconds
  }

  #accept(client: Socket) {
    this.#accepted += 1
    const server = connect({ ...this.#target, allowHalfOpen: true })
    const pair = [client, server] as const
    this.#pairs.add(pair)
    client.once('close', () => this.#pairs.delete(pair))
    // One side's failure is passed on to the other: that is what the endpoints of a real connection would see.
    const reset = () => resetBoth(pair)
    // Before the pipelines, which would end the other side in an orderly way.
    for (const socket of pair) socket.once('error', reset)
    this.#relay(client, server).catch(reset)
    this.#relay(server, client).catch(reset)
  }

  #relay(from: Socket, to: Socket) {
    const held = (chunks: AsyncIterable<Buffer>) => this.#hold(chunks)
    return pipeline(from, held, to)
  }

  async *#hold(chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      if (this.#delay > 0) await delay(this.#delay)
      await this.#gate.promise
      yield chunk
    }
  }
}

/**
 * While a socket is shut down libuv refuses to reset it (EINVAL), but Node takes its handle for closed, and spins at the end of the process
 * waiting for that. One that has not connected would be reset once it has, which may be while it is shut down.
 */
function resetBoth(pair: readonly Socket[]): void {
  for (const socket of pair) {
    const shuttingDown = socket.writableEnded && !socket.writableFinished && socket.writableLength === 0
    if (socket.connecting || shuttingDown) socket.destroy()
    else socket.resetAndDestroy()
  }
}
