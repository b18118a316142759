import type { EventMessage, Gap, Heartbeat, Position, Retargeted, Subscribe, Subscribed } from '@tickstock/contracts'
import type { MissedEvents } from './effect.ts'
import type { SubscriptionRequest } from './input.ts'

/** A `subscribe` that was sent and not answered yet. */
interface Pending {
  readonly socket: number
  readonly wire: string
  /** When the answer is overdue, ms. */
  readonly until: number
}

/** The feed that the events come from now. */
interface Active {
  readonly socket: number
  readonly feed: string
}

/** `missing`: something that matched is not here; it has to be asked for again from the position. */
export type Verdict = 'deliver' | 'duplicate' | 'missing'

/**
 * One subscription and its position: everything that matched up to there was delivered, or was told as a gap.
 * All rules of the protocol by which loss cannot hide are here.
 */
export class Subscription {
  readonly request: SubscriptionRequest
  /** Undefined until the server has said where `'now'` is. */
  position: Position | undefined
  /** Times that it was asked for again since the last event that got it further. */
  stalled = 0
  /** Temporary refusals in a row. */
  refusals = 0
  /** When to ask again after a temporary refusal, ms. */
  retryAt: number | undefined
  #pending: Pending | undefined
  #active: Active | undefined
  /** The feed on a socket that is going, kept until that one is left: its successor may die first. */
  #former: Active | undefined
  /** By socket, what the server knows this by: it takes an equal one only once. */
  readonly #wires = new Map<number, string>()
  #asked = 0

  constructor(request: SubscriptionRequest) {
    this.request = request
    this.position = typeof request.from === 'string' ? undefined : request.from
  }

  get pending(): Pending | undefined {
    return this.#pending
  }

  get active(): Active | undefined {
    return this.#active
  }

  /** By socket, what is to be unsubscribed. */
  get wires(): ReadonlyMap<number, string> {
    return this.#wires
  }

  /**
   * Asks for everything after the position. Each time under a new name, so that an answer to an earlier question is not
   * taken for the answer to this one. The feed of another socket stays in use until the answer is here.
   */
  ask(socket: number, until: number): { readonly message: Subscribe; readonly replaces: string | undefined } {
    this.#asked += 1
    const wire = this.#asked === 1 ? this.request.id : `${this.request.id}~${this.#asked}`
    const replaces = this.#wires.get(socket)
    this.#wires.set(socket, wire)
    if (this.#active?.socket === socket) this.#active = undefined
    if (this.#former?.socket === socket) this.#former = undefined
    this.#pending = { socket, wire, until }
    this.retryAt = undefined
    const { channel, filter, name } = this.request
    const from = this.position ?? this.request.from
    return {
      message: { type: 'subscribe', id: wire, channel, from, ...(filter && { filter }), ...(name && { name }) },
      replaces
    }
  }

  /** Takes the feed. Returns what the server skipped, if it begins later than asked. */
  begin(socket: number, { feed, position }: Subscribed): MissedEvents | undefined {
    this.#pending = undefined
    if (this.#active?.socket !== socket) this.#former = this.#active
    this.#active = { socket, feed }
    this.refusals = 0
    const have = this.position
    if (have === undefined) this.position = position
    if (have === undefined || !isBeyond(position, have)) return undefined
    this.position = position
    return { reason: have.epoch === position.epoch ? 'expired' : 'stream_reset', have, next: position }
  }

  /** It was refused, and may be asked for again at a time in ms. */
  postpone(retryAt: number): void {
    if (this.#pending !== undefined) this.#wires.delete(this.#pending.socket)
    this.#pending = undefined
    this.refusals += 1
    this.retryAt = retryAt
  }

  /** The socket is gone. What a former feed sent meanwhile was not looked at: the rules find out, and ask for it again. */
  leave(socket: number): void {
    this.#wires.delete(socket)
    if (this.#pending?.socket === socket) this.#pending = undefined
    if (this.#former?.socket === socket) this.#former = undefined
    if (this.#active?.socket !== socket) return
    this.#active = this.#former
    this.#former = undefined
  }

  judge({ epoch, offset, previous }: EventMessage): Verdict {
    const { position } = this
    if (position === undefined || position.epoch !== epoch) return 'missing'
    if (offset <= position.offset) return 'duplicate'
    if (previous > position.offset) return 'missing'
    this.position = { epoch, offset }
    this.stalled = 0
    return 'deliver'
  }

  /** Moves over what did not match. Returns whether something that matched is missing. */
  consider(head: Heartbeat['feeds'][string] | undefined): 'complete' | 'missing' {
    const { position } = this
    if (position === undefined || head === undefined || head.epoch !== position.epoch) return 'missing'
    if (head.last > position.offset) return 'missing'
    if (head.offset > position.offset) this.position = { epoch: head.epoch, offset: head.offset }
    return 'complete'
  }

  /** The server goes on with another filter. Returns whether something that matched the one before is missing. */
  retarget({ previous_feed, feed, position: from, last }: Retargeted): 'complete' | 'missing' | 'other' {
    const { position } = this
    if (this.#active?.feed !== previous_feed || position === undefined) return 'other'
    this.#active = { ...this.#active, feed }
    if (from.epoch !== position.epoch || last > position.offset) return 'missing'
    if (from.offset > position.offset) this.position = from
    return 'complete'
  }

  /** Moves over what the server says is lost. `known`: that was told before. */
  skip({ reason, have, next }: Gap): MissedEvents | 'known' | 'missing' {
    const { position } = this
    if (position === undefined) return 'missing'
    const fromHere = have.epoch === position.epoch && (reason !== 'ahead' || have.offset === position.offset)
    if (!isBeyond(next, position) && (reason !== 'ahead' || next.offset === position.offset)) return 'known'
    if (!fromHere) return 'missing'
    this.position = next
    this.stalled = 0
    return { reason, have: position, next }
  }
}

const isBeyond = (one: Position, other: Position): boolean => one.epoch !== other.epoch || one.offset > other.offset
