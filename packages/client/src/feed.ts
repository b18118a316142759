import type { Channel, From, Position } from '@tickstock/contracts'
import { FeedMember, type FeedMemberOptions } from './feed-member.ts'
import type { FeedNotice, OrderedNotice } from './feed-notice.ts'
import type { LiveHandlers } from './live-handlers.ts'
import type { LiveStatus } from './live-status.ts'
import { isBeyond } from './session/position-order.ts'

/** What the application is done with since it was last asked. */
export interface Applied {
  readonly events: number
  readonly position: Position | undefined
}

interface Entry {
  readonly number: number
  readonly events: number
  readonly position: Position | undefined
  /** Members that are not done with it. */
  left: number
}

/**
 * One channel with one filter, for all subscriptions of the application that want just that: a server takes equal ones
 * once for each socket.
 */
export class Feed {
  readonly id: string
  readonly channel: Channel
  readonly #applied: () => void
  readonly #members = new Set<FeedMember>()
  /** What was told and is not applied by all. */
  readonly #entries: Entry[] = []
  #told = 0
  #done: Applied = { events: 0, position: undefined }
  /** Everything up to here was received. */
  #position: Position | undefined
  #caughtUp = false
  #status: LiveStatus = { state: 'offline', behind: 0 }

  /** @param applied is called whenever the application is done with more */
  constructor(id: string, channel: Channel, applied: () => void) {
    this.id = id
    this.channel = channel
    this.#applied = applied
  }

  get isEmpty(): boolean {
    return this.#members.size === 0
  }

  get handlers(): LiveHandlers[] {
    return [...this.#members].map(({ handlers }) => handlers)
  }

  /** @returns the member, and the position that the feed must be rewound to, if it is beyond what the member wants */
  join(
    from: From,
    options: Pick<FeedMemberOptions, 'handlers' | 'failed' | 'changed'>
  ): { member: FeedMember; rewindTo: Position | undefined } {
    const isFirst = this.isEmpty
    const position = typeof from === 'string' ? undefined : from
    const isWaiting = position === undefined && !isFirst && !this.#caughtUp
    const { channel } = this
    const member = new FeedMember({ ...options, channel, from: position, isWaiting, status: this.#status }, this.#told)
    this.#members.add(member)
    if (isFirst) this.#position = position
    if (isFirst || position === undefined) return { member, rewindTo: undefined }
    if (this.#position !== undefined && !isBeyond(this.#position, position)) return { member, rewindTo: undefined }
    for (const other of this.#members) if (other.received === undefined) other.isWaiting = true
    this.#position = position
    this.#caughtUp = false
    return { member, rewindTo: position }
  }

  leave(member: FeedMember): void {
    if (!this.#members.delete(member)) return
    member.stop()
    if (this.isEmpty) return
    for (const entry of this.#entries) if (entry.number > member.settled) entry.left -= 1
    this.#advance()
  }

  tell(notice: FeedNotice): void {
    if (notice.type === 'status') this.#status = notice.status
    if (notice.type === 'status' || notice.type === 'refused') {
      for (const member of [...this.#members]) member.tell(notice)
      return
    }
    if (notice.type === 'caught_up') this.#caughtUp = true
    const position = placeAfter(notice)
    this.#position = position ?? this.#position
    this.#told += 1
    const events = notice.type === 'deliver' ? 1 : 0
    const entry = { number: this.#told, events, position, left: this.#members.size }
    this.#entries.push(entry)
    for (const member of [...this.#members]) {
      member.apply(entry.number, notice, () => {
        entry.left -= 1
        this.#advance()
      })
    }
  }

  /** What the application is done with, once. */
  takeApplied(): Applied {
    const done = this.#done
    this.#done = { events: 0, position: undefined }
    return done
  }

  #advance(): void {
    let { events, position } = this.#done
    while (this.#entries[0]?.left === 0) {
      const entry = this.#entries.shift()
      events += entry?.events ?? 0
      position = entry?.position ?? position
    }
    this.#done = { events, position }
    if (events > 0 || position !== undefined) this.#applied()
  }
}

/** Where a subscription is that was told this. */
function placeAfter(notice: OrderedNotice): Position | undefined {
  if (notice.type === 'gap') return notice.gap.next
  if (notice.type === 'retargeted' || (notice.type === 'snapshot' && notice.remaining > 0)) return undefined
  return notice.position
}
