import type { Position } from '@tickstock/contracts'
import type { Acknowledgement } from './acknowledged-positions.ts'
import type { ControlMessage } from './frames.ts'
import type { Subscriber } from './subscription.ts'

/** Who is told when a position is kept. */
export interface Acknowledger {
  readonly user: string
  readonly subscriber: Subscriber
  readonly reply: (answer: ControlMessage) => void
}

interface Answer {
  /** The subscription's, on its socket. */
  readonly id: string
  readonly position: Position
  readonly reply: Acknowledger['reply']
}

/** The newest position of one name, and who is to be told of it. */
export interface Waiting extends Acknowledgement {
  readonly answers: Map<Subscriber, Answer>
}

/** What waited, and what is stored now: that, or a position further on that another connection acknowledged. */
export interface StoredPosition {
  readonly waiting: Waiting
  readonly stored: Position
}

interface Told {
  readonly reply: Acknowledger['reply']
  readonly positions: Map<string, Position>
}

/** Positions of one user that wait, as many as are kept of him. */
const MOST = 256

/** What one user acknowledged and is not kept yet: the newest position of each name, so it is bounded however long it waits. */
export class WaitingAcknowledgements {
  /** In the order in which they began to wait. */
  readonly #byName = new Map<string, Waiting>()

  get size(): number {
    return this.#byName.size
  }

  all(): readonly Waiting[] {
    return [...this.#byName.values()]
  }

  /** @returns how many were given up for it */
  add({ subscriber, reply }: Acknowledger, id: string, acknowledgement: Acknowledgement): number {
    const name = nameOf(acknowledgement)
    const { position } = acknowledgement
    const before = this.#byName.get(name)
    const answers = before?.answers ?? new Map<Subscriber, Answer>()
    answers.set(subscriber, { id, position, reply })
    const furthest = before !== undefined && isWithin(position, before.position) ? before.position : position
    this.#byName.set(name, { ...acknowledgement, position: furthest, answers })
    const [oldest] = this.#byName.keys()
    return this.#byName.size > MOST && oldest !== undefined && this.#byName.delete(oldest) ? 1 : 0
  }

  /** These positions are stored: the clients that acknowledged no more than that are told what is, in one message a socket. */
  kept(these: readonly StoredPosition[]): void {
    const told = new Map<Subscriber, Told>()
    for (const { waiting, stored } of these)
      for (const [subscriber, { id, position, reply }] of waiting.answers) {
        if (!isWithin(position, stored)) continue
        const one = told.get(subscriber) ?? { reply, positions: new Map<string, Position>() }
        told.set(subscriber, one)
        one.positions.set(id, stored)
        waiting.answers.delete(subscriber)
      }
    this.forget(these.map(({ waiting }) => waiting))
    for (const { reply, positions } of told.values())
      reply({ type: 'acknowledged', positions: Object.fromEntries(positions) })
  }

  /** They wait no longer, unless they went on meanwhile. */
  forget(these: readonly Waiting[]): void {
    for (const one of these) {
      const name = nameOf(one)
      if (this.#byName.get(name) === one) this.#byName.delete(name)
    }
  }
}

const nameOf = ({ device, name, channel }: Acknowledgement): string => `${device} ${name} ${channel}`

/** Whether it is of the same epoch, and not further. */
const isWithin = (position: Position, bound: Position): boolean =>
  position.epoch === bound.epoch && position.offset <= bound.offset
