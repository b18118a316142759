import type { Channel, Position } from '@tickstock/contracts'
import { Applying } from './applying.ts'
import type { OrderedNotice, UnorderedNotice } from './feed-notice.ts'
import type { LiveHandlers } from './live-handlers.ts'
import type { LiveStatus } from './live-status.ts'
import { call } from './report.ts'
import { isBeyond } from './session/position-order.ts'

export interface FeedMemberOptions {
  readonly channel: Channel
  readonly handlers: LiveHandlers
  readonly from: Position | undefined
  /** Wants what comes from now on, and the feed is still at what was before. */
  readonly isWaiting: boolean
  /** How the feed stands. */
  readonly status: LiveStatus
  /** A handler threw. */
  readonly failed: (error: unknown) => void
  /** It was applied further, or stands otherwise. */
  readonly changed: () => void
}

/** One subscription's part in a feed: where it is, and its handlers, run in order. */
export class FeedMember {
  readonly #options: FeedMemberOptions
  readonly #applying: Applying
  /** Everything up to here came; a feed that was rewound for another brings it nothing twice. */
  received: Position | undefined
  isWaiting: boolean
  /** What the handlers are done with. */
  applied: Position | undefined
  /** The last of the feed's notices that was applied. */
  settled: number
  #isGapped = false
  #status: LiveStatus

  /** @param since number of the feed's last notice before this joined */
  constructor(options: FeedMemberOptions, since: number) {
    this.#options = options
    this.#applying = new Applying(options.failed)
    this.received = options.from
    this.applied = options.from
    this.isWaiting = options.isWaiting
    this.#status = options.status
    this.settled = since
  }

  get handlers(): LiveHandlers {
    return this.#options.handlers
  }

  get status(): LiveStatus {
    const { state, behind } = this.#status
    return { state: this.#isGapped && state !== 'offline' ? 'gap' : state, behind }
  }

  rescanned(): void {
    this.#isGapped = false
    this.#options.changed()
  }

  stop(): void {
    this.#applying.stop()
  }

  /** What waits for no handler before it. */
  tell(notice: UnorderedNotice): void {
    const { handlers, channel, changed } = this.#options
    if (notice.type === 'refused') call(() => handlers.onRefused?.(notice.refusal, channel))
    else {
      this.#status = notice.status
      changed()
    }
  }

  /** @param done is called when it is applied */
  apply(number: number, notice: OrderedNotice, done: () => void): void {
    const before = this.received
    const work = this.#take(notice)
    const at = this.received
    this.#applying.add(work, () => {
      this.settled = number
      if (at !== before) {
        this.applied = at
        this.#options.changed()
      }
      done()
    })
  }

  /** Moves to where the notice leads. Returns what the application is to do; undefined if it is nothing of this one's. */
  #take(notice: OrderedNotice): (() => unknown) | undefined {
    const { handlers, channel, changed } = this.#options
    if (notice.type === 'gap') {
      const { gap } = notice
      const have = this.received ?? gap.have
      if (this.isWaiting || (gap.reason !== 'ahead' && !isBeyond(gap.next, have))) return undefined
      this.received = gap.next
      this.#isGapped = true
      changed()
      return () => handlers.onGap?.({ ...gap, have }, channel)
    }
    const { type, position } = notice
    const place = { channel, position }
    if (type === 'caught_up') {
      this.isWaiting = false
      return () => handlers.onCaughtUp?.(place)
    }
    if (type === 'retargeted') return () => handlers.onRetargeted?.(place)
    if (type === 'snapshot') {
      const { patterns, begins, remaining } = notice
      if (remaining === 0) {
        this.received = position
        this.#isGapped = false
      }
      return () => handlers.onSnapshot?.(patterns, { ...place, begins, remaining })
    }
    if (!this.#moves(position)) return undefined
    return type === 'deliver' ? () => handlers.onEvent(notice.event, place) : () => handlers.onPosition?.(place)
  }

  /** Moves forward; false if it has been there. */
  #moves(to: Position): boolean {
    if (this.isWaiting || (this.received && !isBeyond(to, this.received))) return false
    this.received = to
    return true
  }
}
