import { setTimeout as span } from 'node:timers/promises'
import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { Child } from '../child.ts'
import { Cleanup } from '../cleanup.ts'
import type { Contender, Target } from './contender.ts'
import { processorSeconds } from './process-usage.ts'

const Count = Type.Object({
  received: Type.Integer(),
  writes: Type.Integer(),
  p50: Type.Union([Type.Number(), Type.Null()]),
  p99: Type.Union([Type.Number(), Type.Null()])
})

export interface Measured {
  readonly contender: string
  readonly clients: number
  /** Events a second. */
  readonly rate: number
  /** Messages a second that arrived. */
  readonly delivered: number
  /** Of those that were due. */
  readonly share: number
  /** From the making of an event to its arrival, ms; null where nothing arrived. */
  readonly p50: number | null
  readonly p99: number | null
  /** Messages in a write. */
  readonly joined: number
  /** Processor time of the process that has the sockets, µs a message. */
  readonly micros: number | undefined
}

const WARM_UP = 1_500

/** A crowd at one contender, at rising rates. */
export class Bout {
  readonly #contender: Contender
  readonly #clients: number
  readonly #seconds: number
  readonly #target: Target
  readonly #crowd: Child

  private constructor(contender: Contender, clients: number, seconds: number, target: Target, crowd: Child) {
    this.#contender = contender
    this.#clients = clients
    this.#seconds = seconds
    this.#target = target
    this.#crowd = crowd
  }

  /** Lets a crowd in, does `work` with it, and ends everything that was started for it. */
  static async hold<Outcome>(
    contender: Contender,
    clients: number,
    seconds: number,
    work: (bout: Bout) => Promise<Outcome>
  ): Promise<Outcome> {
    const cleanup = new Cleanup()
    try {
      const target = await contender.start(cleanup)
      const crowd = new Child(cleanup, './fan-out/crowd.ts', [target.url, `${clients}`, target.dialect])
      await crowd.line()
      return await work(new Bout(contender, clients, seconds, target, crowd))
    } finally {
      await cleanup.run()
    }
  }

  async at(rate: number): Promise<Measured> {
    const { pid, publish } = this.#target
    publish(rate)
    await span(WARM_UP)
    await this.#crowd.ask('begin')
    const began = performance.now()
    const busyBefore = await processorSeconds(pid)
    await span(this.#seconds * 1_000)
    const count: Static<typeof Count> = Value.Parse(Count, JSON.parse(await this.#crowd.ask('end')))
    const seconds = (performance.now() - began) / 1_000
    const busyAfter = await processorSeconds(pid)
    publish(0)
    const busy = busyBefore === undefined || busyAfter === undefined ? undefined : busyAfter - busyBefore
    const delivered = count.received / seconds
    return {
      contender: this.#contender.name,
      clients: this.#clients,
      rate,
      delivered,
      share: delivered / (rate * this.#clients),
      p50: count.p50,
      p99: count.p99,
      joined: count.received / Math.max(1, count.writes),
      micros: busy === undefined ? undefined : (busy * 1e6) / Math.max(1, count.received)
    }
  }
}
