import { setTimeout as delay } from 'node:timers/promises'

/** Chunks that are on their way at once on a line with latency: what lies in its buffers. */
const ON_THE_WAY = 64

/** Pieces that a throttled line passes in a second. */
const PIECES_A_SECOND = 20

/** What a line needs of time. Tests of the line have a clock of their own. */
export interface LineClock {
  /** ms */
  now(): number
  delay(ms: number): Promise<unknown>
}

const CLOCK: LineClock = { now: () => performance.now(), delay: ms => delay(ms) }

/** How bad one direction of a network is: the conditions of all connections that pass it. */
export class FaultLine {
  readonly #clock: LineClock
  #gate = Promise.withResolvers<void>()
  #hold = 0
  #latency = 0
  #jitter = 0
  #bytesPerSecond = Number.POSITIVE_INFINITY

  constructor(clock: LineClock = CLOCK) {
    this.#clock = clock
    this.#gate.resolve()
  }

  /** Nothing passes until it is opened. */
  close(): void {
    this.open()
    this.#gate = Promise.withResolvers<void>()
  }

  open(): void {
    this.#gate.resolve()
  }

  /** Each chunk is held back for so long, one after the other. ms */
  hold(milliseconds: number): void {
    this.#hold = milliseconds
  }

  /** Each chunk arrives so much later, and up to `jitter` more; order is kept, and many are on their way at once. ms */
  delay(latency: number, jitter: number): void {
    this.#latency = latency
    this.#jitter = jitter
  }

  /** Of each connection. */
  throttle(bytesPerSecond: number): void {
    this.#bytesPerSecond = bytesPerSecond
  }

  /** Passes a connection's bytes on, as the line is now. */
  async *carry(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of this.#late(chunks)) {
      if (this.#hold > 0) await this.#clock.delay(this.#hold)
      for (let from = 0; from < chunk.length; ) {
        await this.#gate.promise
        const rate = this.#bytesPerSecond
        const piece = chunk.subarray(from, from + Math.max(1, Math.floor(rate / PIECES_A_SECOND)))
        if (Number.isFinite(rate)) await this.#clock.delay((piece.length / rate) * 1_000)
        yield piece
        from += piece.length
      }
    }
  }

  async *#late(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    const under: { readonly chunk: Buffer; readonly due: number }[] = []
    const source = chunks[Symbol.asyncIterator]()
    let last = 0
    let next: Promise<void> | undefined
    let ended = false
    const read = async () => {
      const { value, done } = await source.next()
      ended = done === true
      if (!done) {
        last = Math.max(last, this.#clock.now() + this.#latency + Math.random() * this.#jitter)
        under.push({ chunk: value, due: last })
      }
      next = undefined
    }
    for (;;) {
      const first = under[0]
      const wait = first === undefined ? Number.POSITIVE_INFINITY : first.due - this.#clock.now()
      if (first !== undefined && wait <= 0) {
        under.shift()
        yield first.chunk
        continue
      }
      if (first === undefined && ended) return
      if (!ended && under.length < ON_THE_WAY) next ??= read()
      await Promise.race([...(next ? [next] : []), ...(first ? [this.#clock.delay(wait)] : [])])
    }
  }
}
