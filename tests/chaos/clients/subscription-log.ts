import type { Channel, EventFilter, Position } from '@tickstock/contracts'
import type { SubscriptionRecord } from '../audit/record.ts'
import { monotonicTime } from '../audit/truth.ts'

type Step = SubscriptionRecord['steps'][number]

/** Writes down what a subscriber goes through on one channel, and where it is by that. */
export class SubscriptionLog {
  readonly channel: Channel
  readonly #steps: Step[] = []
  readonly #about: Omit<SubscriptionRecord, 'steps'>
  #position: Position | undefined
  /** It begins where the server says. */
  #beginning = true
  #events = 0
  #gaps = 0

  constructor(subscriber: string, channel: Channel, filter: EventFilter) {
    this.channel = channel
    this.#about = { subscriber, channel, filter }
  }

  get record(): SubscriptionRecord {
    const { steps, position } = { steps: this.#steps, position: this.#position }
    return { ...this.#about, steps: position === undefined ? steps : [...steps, ['at', position]] }
  }

  get position(): Position | undefined {
    return this.#beginning ? undefined : this.#position
  }

  get events(): number {
    return this.#events
  }

  get gaps(): number {
    return this.#gaps
  }

  /** @param from undefined: where the server will say */
  begin(from?: Position): void {
    // What it knew until now is held against it.
    if (!this.#beginning && this.#position !== undefined) this.#steps.push(['at', this.#position])
    this.#beginning = from === undefined
    if (from !== undefined) this.#stand(from)
  }

  event({ epoch, offset }: Position, id: string): void {
    this.#events += 1
    this.#position = { epoch, offset }
    this.#steps.push(['event', epoch, offset, id])
  }

  gap(reason: Extract<Step, { 0: 'gap' }>[1], have: Position, next: Position): void {
    if (this.#beginning) this.begin(have)
    this.#gaps += 1
    this.#position = next
    this.#steps.push(['gap', reason, have, next, monotonicTime()])
  }

  at(position: Position): void {
    if (this.#beginning) this.begin(position)
    else this.#position = position
  }

  behind({ epoch, offset }: Position): string | undefined {
    const at = this.position
    if (at?.epoch === epoch && at.offset >= offset) return undefined
    const where = at === undefined ? 'nowhere' : `${at.epoch}:${at.offset}`
    return `${this.#about.subscriber} ${this.channel} is at ${where}, the log at ${epoch}:${offset}`
  }

  #stand(position: Position): void {
    this.#position = position
    this.#steps.push(['from', position])
  }
}
