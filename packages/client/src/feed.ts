import type { Channel, EventFilter, From, Position } from '@tickstock/contracts'
import type { LiveHandlers } from './live-handlers.ts'
import type { SessionEffect } from './session/effect.ts'

/** What a session says of one of its subscriptions. */
export type FeedNotice = Extract<
  SessionEffect,
  { type: 'deliver' | 'gap' | 'caught_up' | 'retargeted' | 'position' | 'refused' }
>

interface Member {
  readonly handlers: LiveHandlers
  /** Where this member is; a feed that was rewound for another brings it nothing twice. */
  position: Position | undefined
  /** Wants what comes from now on, and the feed is still at what was before. */
  waiting: boolean
}

/**
 * One channel with one filter, for all subscriptions of the application that want just that: a server takes equal ones
 * once for each socket.
 */
export class Feed {
  readonly id: string
  readonly channel: Channel
  readonly #members = new Set<Member>()
  /** Everything up to here was received. */
  #position: Position | undefined
  #caughtUp = false

  constructor(id: string, channel: Channel, from: From) {
    this.id = id
    this.channel = channel
    this.#position = typeof from === 'string' ? undefined : from
  }

  get isEmpty(): boolean {
    return this.#members.size === 0
  }

  get handlers(): LiveHandlers[] {
    return [...this.#members].map(({ handlers }) => handlers)
  }

  /** @returns how to leave, and the position that the feed must be rewound to, if it is beyond what the member wants */
  join(handlers: LiveHandlers, from: From): { leave: () => void; rewindTo: Position | undefined } {
    const isFirst = this.isEmpty
    const position = typeof from === 'string' ? undefined : from
    const member = { handlers, position, waiting: typeof from === 'string' && !isFirst && !this.#caughtUp }
    this.#members.add(member)
    const leave = () => {
      this.#members.delete(member)
    }
    if (isFirst || position === undefined) return { leave, rewindTo: undefined }
    if (this.#position !== undefined && !isBehind(position, this.#position)) return { leave, rewindTo: undefined }
    for (const other of this.#members) if (other.position === undefined) other.waiting = true
    this.#position = position
    this.#caughtUp = false
    return { leave, rewindTo: position }
  }

  /** @param call runs a handler, whatever it throws */
  tell(notice: FeedNotice, call: (handler: () => void) => void): void {
    const { channel } = this
    if (notice.type === 'gap') this.#position = notice.gap.next
    else if (notice.type !== 'refused' && notice.type !== 'retargeted') this.#position = notice.position
    if (notice.type === 'caught_up') this.#caughtUp = true
    for (const member of [...this.#members]) {
      const { handlers } = member
      switch (notice.type) {
        case 'deliver':
          if (moves(member, notice.position))
            call(() => handlers.onEvent(notice.event, { channel, position: notice.position }))
          break
        case 'position':
          if (moves(member, notice.position)) call(() => handlers.onPosition?.({ channel, position: notice.position }))
          break
        case 'gap': {
          const have = member.position ?? notice.gap.have
          const isLost = notice.gap.reason === 'ahead' || moves({ ...member, position: have }, notice.gap.next)
          if (!isLost || member.waiting) break
          member.position = notice.gap.next
          call(() => handlers.onGap?.({ ...notice.gap, have }, channel))
          break
        }
        case 'caught_up':
          member.waiting = false
          call(() => handlers.onCaughtUp?.({ channel, position: notice.position }))
          break
        case 'retargeted':
          call(() => handlers.onRetargeted?.({ channel, position: notice.position }))
          break
        case 'refused':
          call(() => handlers.onRefused?.(notice.refusal, channel))
      }
    }
  }
}

/** Moves a member forward; false if it has been there. */
function moves(member: Member, to: Position): boolean {
  if (member.waiting || (member.position !== undefined && !isBehind(member.position, to))) return false
  member.position = to
  return true
}

const isBehind = (one: Position, other: Position): boolean => one.epoch !== other.epoch || one.offset < other.offset

/** Equal for filters that let the same events pass: order and case of names do not matter. */
export function feedKey(channel: Channel, filter: EventFilter = {}): string {
  const parts = Object.entries(filter)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [
      name,
      Array.isArray(value) ? [...new Set(value.map(one => one.toLowerCase()))].sort() : value
    ])
  return JSON.stringify([channel, ...parts.sort()])
}
