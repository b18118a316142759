import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { pipeline } from 'node:stream/promises'
import { FaultLine } from './fault-line.ts'
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

type Pair = readonly [client: Socket, server: Socket]

/** One way through a proxy. */
export type Direction = 'to-server' | 'to-client'

/** For any protocol over TCP. Its port stays the same, cut or not. */
export class FaultProxy {
  readonly host = '127.0.0.1'
  readonly #target: FaultProxyOptions['target']
  readonly #pairs = new Set<Pair>()
  #server: Server | undefined
  #port = 0
  #accepted = 0
  readonly #stranded = new WeakSet<Pair>()
  readonly #lines: Readonly<Record<Direction, FaultLine>> = {
    'to-server': new FaultLine(),
    'to-client': new FaultLine()
  }

  constructor(target: FaultProxyOptions['target']) {
    this.#target = target
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

  /** Keeps every connection open and accepts more, but lets no byte through, as a mute peer does; in one direction, if that is named. */
  freeze(direction?: Direction): void {
    for (const line of this.#linesOf(direction)) line.close()
  }

  /** Lets everything through that was held back, in order. */
  thaw(): void {
    for (const line of this.#linesOf()) line.open()
  }

  /**
   * The other side is gone without a word, for both ends of every connection that is open now: no byte passes any more, no end and no reset. Who connects
   * anew is served. So does a network that has forgotten a connection, or a machine that lost its power.
   */
  strand(): void {
    for (const pair of this.#pairs) this.#stranded.add(pair)
  }

  /** Holds each chunk back for so many milliseconds, one after the other: slows large transfers too. */
  delay(milliseconds: number): void {
    for (const line of this.#linesOf()) line.hold(milliseconds)
  }

  /** Makes the way longer, not narrower: each chunk arrives so many ms later, and up to `jitter` more, in order. */
  latency(milliseconds: number, jitter = 0): void {
    for (const line of this.#linesOf()) line.delay(milliseconds, jitter)
  }

  /** Makes the way narrower: so many bytes a second for each connection; Infinity ends it. */
  throttle(bytesPerSecond: number, direction?: Direction): void {
    for (const line of this.#linesOf(direction)) line.throttle(bytesPerSecond)
  }

  #accept(client: Socket) {
    this.#accepted += 1
    const server = connect({ ...this.#target, allowHalfOpen: true })
    const pair: Pair = [client, server]
    this.#pairs.add(pair)
    client.once('close', () => this.#pairs.delete(pair))
    // One side's failure is passed on to the other: that is what the endpoints of a real connection would see.
    const reset = () => {
      if (!this.#stranded.has(pair)) resetBoth(pair)
    }
    // Before the pipelines, which would end the other side in an orderly way.
    for (const socket of pair) socket.once('error', reset)
    this.#relay(pair, 'to-server').catch(reset)
    this.#relay(pair, 'to-client').catch(reset)
  }

  #relay(pair: Pair, direction: Direction) {
    const [client, server] = pair
    const [from, to] = direction === 'to-server' ? [client, server] : [server, client]
    return pipeline(from, chunks => this.#carry(chunks, pair, direction), to)
  }

  async *#carry(chunks: AsyncIterable<Buffer>, pair: Pair, direction: Direction) {
    for await (const chunk of this.#lines[direction].carry(chunks)) {
      if (this.#stranded.has(pair)) await forEver()
      yield chunk
    }
    // Not even the end passes.
    if (this.#stranded.has(pair)) await forEver()
  }

  #linesOf(direction?: Direction): FaultLine[] {
    return direction === undefined ? Object.values(this.#lines) : [this.#lines[direction]]
  }
}

const forEver = () => new Promise<never>(() => undefined)

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
