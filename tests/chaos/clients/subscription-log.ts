import type { SnapshotPage } from '@tickstock/client'
import type { Channel, EventChange, EventFilter, Pattern, PatternEvent, Position } from '@tickstock/contracts'
import type { SubscriptionRecord } from '../audit/record.ts'
import { monotonicTime } from '../audit/truth.ts'
import { MARKER } from '../producer-events.ts'

type Step = SubscriptionRecord['steps'][number]

type SnapshotPlace = Pick<SnapshotPage, 'begins' | 'remaining'>

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
  #isMarked = false

  constructor(about: Omit<SubscriptionRecord, 'steps'>) {
    this.channel = about.channel
    this.#about = about
  }

  /** Which subscription it is, for people. */
  get about(): string {
    return `${this.channel} ${JSON.stringify(this.filter)}`
  }

  get filter(): EventFilter {
    return this.#about.filter
  }

  /** It follows a list, and no event has shown yet that the list's last edit is in force. */
  get awaitsMarker(): boolean {
    const { watchlist, filter } = this.#about.filter
    return !this.#isMarked && (watchlist ?? filter) !== undefined
  }

  /** What it went through since it was last asked. */
  take(): SubscriptionRecord {
    if (this.position !== undefined) this.#steps.push(['at', this.position])
    return { ...this.#about, steps: this.#steps.splice(0) }
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

  event({ epoch, offset }: Position, { id, pattern }: PatternEvent, change: EventChange | undefined): void {
    this.#events += 1
    this.#isMarked ||= pattern.symbol === MARKER
    this.#position = { epoch, offset }
    this.#steps.push(['event', epoch, offset, id, change ?? 'updated'])
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

  /** The server began the subscription (again) where this client was. @param asked when it was asked to */
  subscribed(asked: number): void {
    if (this.#position !== undefined) this.#steps.push(['subscribed', this.#position, asked, monotonicTime()])
  }

  /** Another version of the list is in force from here on. */
  retargeted(): void {
    if (this.position !== undefined) this.#steps.push(['retargeted', this.position, monotonicTime()])
  }

  /** A page of a snapshot; the last one has `remaining` 0, and says where the events after it begin. */
  snapshot(patterns: readonly Pattern[], position: Position, { begins, remaining }: SnapshotPlace): void {
    const page = patterns.map(({ id, updated_at }): [string, number] => [id, updated_at])
    this.#steps.push(['snapshot', position, begins, remaining, monotonicTime(), page])
    this.#beginning = remaining > 0
    if (remaining === 0) this.#position = position
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
