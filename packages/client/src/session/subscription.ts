import type {
  EventMessage,
  Gap,
  Heartbeat,
  Position,
  Retargeted,
  Snapshot,
  Subscribe,
  Subscribed
} from '@tickstock/contracts'
import { Acknowledgement } from './acknowledgement.ts'
import type { MissedEvents } from './effect.ts'
import type { SubscriptionRequest } from './input.ts'
import { isBeyond } from './position-order.ts'
import { Standing } from './standing.ts'

/** A `subscribe` that was sent and not answered yet. */
interface Pending {
  readonly socket: number
  readonly wire: string
  /** When the answer is overdue, ms. */
  until: number
  readonly credits: number
}

/** The feed that the events come from now. */
interface Active {
  readonly socket: number
  readonly feed: string
  /** Events that the server may still send. */
  credits: number
}

/** A snapshot under way. */
interface Beginning {
  /** Where the events after it begin. */
  readonly position: Position
  /** A page of it was told. */
  begun: boolean
}

/** `missing`: something that matched is not here; it has to be asked for again from the position. */
export type Verdict = 'deliver' | 'duplicate' | 'missing'

/**
 * One subscription and its position: everything that matched up to there was delivered, or was told as a gap.
 * All rules of the protocol by which loss cannot hide are here.
 */
export class Subscription {
  readonly request: SubscriptionRequest
  /** Most events that are on their way or wait for the application; so many again while it is handed over. */
  readonly window: number
  readonly standing = new Standing()
  readonly acknowledgement = new Acknowledgement()
  /** Undefined until the server has said where it begins, and while a snapshot is under way. */
  position: Position | undefined
  /** The application is done with everything up to here. */
  applied: Position | undefined
  /** Events that were delivered and are not applied. */
  unapplied = 0
  /** Times that it was asked for again since the last event that got it further. */
  stalled = 0
  /** Temporary refusals in a row. */
  refusals = 0
  /** When to ask again after a temporary refusal, ms. */
  retryAt: number | undefined
  #pending: Pending | undefined
  #active: Active | undefined
  #beginning: Beginning | undefined
  /** The feed on a socket that is going, kept until that one is left: its successor may die first. */
  #former: Active | undefined
  /** By socket, what the server knows this by: it takes an equal one only once. */
  readonly #wires = new Map<number, string>()
  /** The last feed that was told. Its name says what the filter selects: another one shows an edit that was not told. */
  #feed: string | undefined
  #asked = 0
  /** Where the server stood at its last heartbeat, and at how many before it. */
  #stuckAt: number | undefined
  #stuck = 0

  constructor(request: SubscriptionRequest, window: number) {
    this.request = request
    this.window = window
    this.position = typeof request.from === 'string' ? undefined : request.from
    this.applied = this.position
  }

  get pending(): Pending | undefined {
    return this.#pending
  }

  get active(): Active | undefined {
    return this.#active
  }

  get isBeginning(): boolean {
    return this.#beginning !== undefined
  }

  /** By socket, what is to be unsubscribed. */
  get wires(): ReadonlyMap<number, string> {
    return this.#wires
  }

  /** What the server knows the feed in use by. */
  get wire(): string | undefined {
    return this.#active && this.#wires.get(this.#active.socket)
  }

  /** What the server is to keep and was not told: only what was applied, and of the log that it has now. */
  get unacknowledged(): Position | undefined {
    const { applied, position } = this
    if (this.request.name === undefined || this.wire === undefined || applied?.epoch !== position?.epoch)
      return undefined
    return applied && this.acknowledgement.lacks(applied) ? applied : undefined
  }

  /** Events that the server may be allowed beside those that it may send already. */
  get room(): number {
    return this.wire === undefined ? 0 : this.window - this.unapplied - (this.#active?.credits ?? this.window)
  }

  /**
   * Asks for everything after the position. Each time under a new name, so that an answer to an earlier question is not
   * taken for the answer to this one. The feed of another socket stays in use until the answer is here.
   */
  ask(socket: number): Subscribe {
    this.#asked += 1
    const wire = this.#asked === 1 ? this.request.id : `${this.request.id}~${this.#asked}`
    this.#wires.set(socket, wire)
    if (this.#active?.socket === socket) this.#active = undefined
    if (this.#former?.socket === socket) this.#former = undefined
    const credits = Math.max(0, this.window - this.unapplied)
    this.#pending = { socket, wire, until: Number.POSITIVE_INFINITY, credits }
    this.retryAt = undefined
    this.acknowledgement.begin()
    const { channel, filter, name, known } = this.request
    const from = this.position ?? this.request.from
    const message: Subscribe = { type: 'subscribe', id: wire, channel, from, credits }
    const isFirst = this.position === undefined
    return { ...message, ...(filter && { filter }), ...(name && { name }), ...(isFirst && known && { known }) }
  }

  /** The answer to the last question is overdue then, ms. */
  awaitUntil(time: number): void {
    if (this.#pending) this.#pending.until = time
  }

  /** Takes the feed. Returns what the server skipped, if it begins later than asked, and whether its filter was edited unseen. */
  begin(
    socket: number,
    message: Subscribed
  ): { readonly gap?: MissedEvents | undefined; readonly isRetargeted: boolean } {
    const { feed, position, mode } = message
    const credits = this.#pending?.credits ?? 0
    this.#pending = undefined
    if (this.#active?.socket !== socket) this.#former = this.#active
    this.#active = { socket, feed, credits }
    this.#stuckAt = undefined
    this.refusals = 0
    this.standing.begin(message)
    const { watchlist, filter } = this.request.filter ?? {}
    const isRetargeted = (watchlist ?? filter) !== undefined && this.#feed !== undefined && this.#feed !== feed
    this.#feed = feed
    if (mode === 'snapshot') {
      this.restart()
      this.#beginning = { position, begun: false }
      return { isRetargeted: false }
    }
    // A server of an earlier release ignores `known`: where nothing is stored it begins at the end of the log.
    const lost = this.position === undefined && mode === 'live' ? this.request.known : undefined
    const have = this.position ?? lost
    this.position ??= position
    if (have === undefined || !isBeyond(position, have)) return { isRetargeted }
    this.position = position
    const reason = lost ? 'position_lost' : have.epoch === position.epoch ? 'expired' : 'stream_reset'
    return { gap: { reason, have, next: position }, isRetargeted }
  }

  /** A page of what lived. Returns whether it is the first, and where events go on; undefined where no snapshot is under way. */
  page({ remaining }: Snapshot): Beginning | undefined {
    const beginning = this.#beginning
    if (beginning === undefined) return undefined
    this.#beginning = remaining === 0 ? undefined : { ...beginning, begun: true }
    if (remaining === 0) this.#moveTo(beginning.position)
    return beginning
  }

  /** Another snapshot is to begin, with the next question. */
  restart(): void {
    this.position = undefined
    this.#beginning = undefined
  }

  /** It was refused, and may be asked for again at a time in ms. */
  postpone(retryAt: number): void {
    const socket = this.#pending?.socket ?? this.#active?.socket
    if (socket !== undefined) this.#wires.delete(socket)
    if (this.#pending === undefined) this.#active = undefined
    this.#pending = undefined
    this.#beginning = undefined
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
    this.#beginning = undefined
  }

  judge({ epoch, offset, previous, at }: EventMessage): Verdict {
    const { position } = this
    if (this.#active) this.#active.credits -= 1
    if (position === undefined || position.epoch !== epoch) return 'missing'
    if (offset <= position.offset) return 'duplicate'
    if (previous > position.offset) return 'missing'
    this.standing.event({ epoch, offset }, at, this.applied)
    this.#moveTo({ epoch, offset })
    this.stalled = 0
    this.unapplied += 1
    return 'deliver'
  }

  /** Moves over what did not match. Returns whether something that matched is missing. */
  consider(head: Heartbeat['feeds'][string] | undefined, time: number): 'complete' | 'missing' {
    const { position } = this
    // A feed is not spoken of before the last page of its snapshot was sent.
    if (this.#beginning && head === undefined) return 'complete'
    if (position === undefined || head === undefined || head.epoch !== position.epoch) return 'missing'
    if (head.last > position.offset) return 'missing'
    this.#watch(head)
    if (head.offset > position.offset) this.#moveTo({ epoch: head.epoch, offset: head.offset })
    this.standing.heartbeat(head, time, this.applied)
    return 'complete'
  }

  /** The server goes on with another filter. Returns whether something that matched the one before is missing. */
  retarget({ previous_feed, feed, position: from, last }: Retargeted): 'complete' | 'missing' | 'other' {
    const { position } = this
    if (this.#active?.feed !== previous_feed) return 'other'
    this.#active = { ...this.#active, feed }
    this.#feed = feed
    // It follows a whole snapshot: where that is still under way its last page is missing.
    if (position === undefined) return 'missing'
    if (from.epoch !== position.epoch || last > position.offset) return 'missing'
    if (from.offset > position.offset) this.#moveTo(from)
    return 'complete'
  }

  /** Moves over what the server says is lost. `known`: that was told before. `missing`: more was lost on the way here. */
  skip({ reason, have, last, next }: Gap): MissedEvents | 'known' | 'missing' {
    const { position } = this
    if (position === undefined) return 'missing'
    const isWhole = last <= position.offset
    const fromHere = have.epoch === position.epoch && isWhole && (reason !== 'ahead' || have.offset === position.offset)
    if (!isBeyond(next, position) && (reason !== 'ahead' || next.offset === position.offset)) return 'known'
    if (!fromHere) return 'missing'
    this.#moveTo(next)
    return { reason, have: position, next }
  }

  /** The application is done with so much more. */
  apply(events: number, position: Position | undefined): void {
    this.unapplied -= events
    if (position === undefined) return
    this.applied = position
    this.standing.applied(position)
  }

  /** So many more may be sent. */
  allow(credits: number): void {
    if (this.#active) this.#active.credits += credits
  }

  /** A server that stays behind for two heartbeats has no credits, whatever is counted here: any pull under way has arrived by then. */
  #watch({ offset, top }: Heartbeat['feeds'][string]): void {
    this.#stuck = offset < top && offset === this.#stuckAt ? this.#stuck + 1 : 0
    this.#stuckAt = offset
    if (this.#stuck === 2 && this.#active) this.#active.credits = 0
  }

  #moveTo(position: Position): void {
    this.position = position
    this.standing.reached(position)
  }
}
