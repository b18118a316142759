import type { Channel, Position } from '@tickstock/contracts'
import { Applying } from './applying.ts'
import type { LiveHandlers } from './live-handlers.ts'
import type { LiveStatus } from './live-status.ts'
import { call } from './report.ts'
import type { SessionEffect } from './session/effect.ts'
import type { SubscriptionRequest } from './session/input.ts'
import { isBeyond } from './session/position-order.ts'

/** What a session says of one of its subscriptions. */
export type ChannelNotice = OrderedNotice | UnorderedNotice

/** The application takes these one by one, each when it is done with the one before. */
type OrderedNotice = Extract<
  SessionEffect,
  { type: 'deliver' | 'snapshot' | 'gap' | 'caught_up' | 'retargeted' | 'position' }
>

/** These wait for no handler. */
type UnorderedNotice = Extract<SessionEffect, { type: 'refused' | 'status' }>

/** What the application is done with. */
export interface Applied {
  readonly events: number
  readonly position: Position | undefined
}

export interface ChannelSubscriptionOptions {
  readonly request: Omit<SubscriptionRequest, 'id'>
  readonly handlers: LiveHandlers
  /** A handler threw. */
  readonly failed: (error: unknown) => void
  /** It was applied further, or its status has changed. */
  readonly changed: () => void
}

/** A subscription of the application on one channel: its position, and its handlers, which run in order. */
export class ChannelSubscription {
  readonly #options: ChannelSubscriptionOptions
  readonly #applying: Applying
  /** Everything up to here came. */
  #received: Position | undefined
  /** What the handlers are done with. */
  applied: Position | undefined
  #isGapped = false
  #status: LiveStatus = { state: 'offline', behind: 0 }

  constructor(options: ChannelSubscriptionOptions) {
    const { from, known } = options.request
    this.#options = options
    this.#applying = new Applying(options.failed)
    this.#received = typeof from === 'string' ? known : from
    this.applied = this.#received
  }

  get handlers(): LiveHandlers {
    return this.#options.handlers
  }

  get channel(): Channel {
    return this.#options.request.channel
  }

  /**
   * What to ask a server for now. A connection that takes over asks from what was applied, as it acknowledges nothing
   * beyond that; what came already and waits for a handler is dropped when it comes a second time.
   */
  get request(): Omit<SubscriptionRequest, 'id'> {
    const { request } = this.#options
    const { applied } = this
    const isAtStart = applied === undefined || applied === request.known
    return isAtStart || request.from === 'snapshot' ? request : { ...request, from: applied }
  }

  get status(): LiveStatus {
    const { state, behind } = this.#status
    const isGap = this.#isGapped && state !== 'offline' && state !== 'ended'
    return isGap ? { state: 'gap', behind } : this.#status
  }

  rescanned(): void {
    this.#isGapped = false
    this.#options.changed()
  }

  stop(): void {
    this.#applying.stop()
  }

  /** @param done is called when the application is done with it */
  tell(notice: ChannelNotice, done: (applied: Applied) => void): void {
    const { handlers, changed } = this.#options
    if (notice.type === 'refused') {
      const { refusal } = notice
      if (!refusal.temporary) {
        this.#status = { state: 'ended', behind: 0, reason: `${refusal.detail}. ${refusal.action}` }
        changed()
      }
      call(() => handlers.onRefused?.(refusal, this.channel))
    } else if (notice.type === 'status') {
      this.#status = notice.status
      changed()
    } else this.#apply(notice, done)
  }

  #apply(notice: OrderedNotice, done: (applied: Applied) => void): void {
    const before = this.#received
    const work = this.#take(notice)
    const at = this.#received
    const applied = { events: notice.type === 'deliver' ? 1 : 0, position: placeAfter(notice) }
    this.#applying.add(work, () => {
      if (at !== before) {
        this.applied = at
        this.#options.changed()
      }
      if (applied.events > 0 || applied.position !== undefined) done(applied)
    })
  }

  /** Moves to where the notice leads. Returns what the application is to do; undefined if it had that before. */
  #take(notice: OrderedNotice): (() => unknown) | undefined {
    const { handlers, changed } = this.#options
    const { channel } = this
    if (notice.type === 'gap') {
      const { gap } = notice
      const have = this.#received ?? gap.have
      if (gap.reason !== 'ahead' && !isBeyond(gap.next, have)) return undefined
      this.#received = gap.next
      this.#isGapped = true
      changed()
      return () => handlers.onGap?.({ ...gap, have }, channel)
    }
    const { type, position } = notice
    const place = { channel, position }
    if (type === 'caught_up') return () => handlers.onCaughtUp?.(place)
    if (type === 'retargeted') return () => handlers.onRetargeted?.(place)
    if (type === 'snapshot') {
      const { patterns, begins, remaining } = notice
      if (remaining === 0) {
        this.#received = position
        this.#isGapped = false
      }
      return () => handlers.onSnapshot?.(patterns, { ...place, begins, remaining })
    }
    if (this.#received && !isBeyond(position, this.#received)) return undefined
    this.#received = position
    if (type === 'position') return () => handlers.onPosition?.(place)
    const { event, at, change } = notice
    return () => handlers.onEvent(event, { ...place, at, change })
  }
}

/** Where a subscription is after a notice; undefined if that says nothing of it. */
function placeAfter(notice: OrderedNotice): Position | undefined {
  if (notice.type === 'gap') return notice.gap.next
  if (notice.type === 'retargeted' || (notice.type === 'snapshot' && notice.remaining > 0)) return undefined
  return notice.position
}
