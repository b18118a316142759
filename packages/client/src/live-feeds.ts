import type { Channel } from '@tickstock/contracts'
import type { FeedMember } from './feed-member.ts'
import { Keeping } from './keeping.ts'
import type { LiveHandlers } from './live-handlers.ts'
import type { LiveRequest, LiveSubscription } from './live-request.ts'
import { isSame, type LiveStatus, worstOf } from './live-status.ts'
import type { Positions } from './position-store.ts'
import { call, report } from './report.ts'

/** A subscription of the application: its part in the feed of each of its channels. */
export class LiveFeeds implements LiveSubscription {
  readonly handlers: LiveHandlers
  readonly #keeping: Keeping | undefined
  /** A position that must not pass what could not be applied. */
  readonly #isKept: boolean
  readonly #changed: () => void
  readonly #members = new Map<Channel, { readonly member: FeedMember; readonly leave: () => void }>()
  #told: LiveStatus = worstOf([])
  hasEnded = false

  /** @param changed is called when it stands otherwise, or is over */
  constructor({ name, keep }: LiveRequest, handlers: LiveHandlers, changed: () => void) {
    this.handlers = handlers
    this.#isKept = (name ?? keep) !== undefined
    this.#keeping = keep && new Keeping(keep, () => this.positions)
    this.#changed = changed
  }

  get status(): LiveStatus {
    return worstOf(this.hasEnded ? [] : [...this.#members.values()].map(({ member }) => member.status))
  }

  get positions(): Positions {
    const positions: { [Name in Channel]?: Positions[Name] } = {}
    for (const [channel, { member }] of this.#members) if (member.applied) positions[channel] = member.applied
    return positions
  }

  add(channel: Channel, member: FeedMember, leave: () => void): void {
    this.#members.set(channel, { member, leave })
  }

  rescanned(): void {
    for (const { member } of this.#members.values()) member.rescanned()
  }

  unsubscribe(): void {
    if (this.hasEnded) return
    this.hasEnded = true
    for (const { member, leave } of this.#members.values()) {
      member.stop()
      leave()
    }
    this.#changed()
    this.#keeping?.end()
  }

  /** A handler threw, or the store has nothing to begin with. */
  failed(error: unknown): void {
    const { onEnd } = this.handlers
    if (this.hasEnded || !this.#isKept || onEnd === undefined) report(error)
    else call(() => onEnd(error))
    if (!this.#isKept) return
    this.unsubscribe()
    this.tellStatus()
  }

  applied(): void {
    this.#keeping?.changed()
    this.tellStatus()
  }

  tellStatus(): void {
    const { status } = this
    if (isSame(status, this.#told)) return
    this.#told = status
    call(() => this.handlers.onStatus?.(status))
    this.#changed()
  }
}
