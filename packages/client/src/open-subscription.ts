import type { Channel } from '@tickstock/contracts'
import type { ChannelSubscription } from './channel-subscription.ts'
import { Keeping } from './keeping.ts'
import type { LiveHandlers } from './live-handlers.ts'
import type { LiveRequest, LiveSubscription } from './live-request.ts'
import { isSame, type LiveStatus, worstOf } from './live-status.ts'
import type { Positions } from './position-store.ts'
import { call, report } from './report.ts'

export interface OpenSubscriptionOptions {
  readonly request: LiveRequest
  readonly handlers: LiveHandlers
  /** Its status has changed, or it has ended. */
  readonly changed: () => void
  /** It wants nothing more on a channel. */
  readonly leave: (part: ChannelSubscription) => void
}

/** A subscription of the application, with its part on each of its channels. */
export class OpenSubscription implements LiveSubscription {
  readonly name: string | undefined
  readonly #options: OpenSubscriptionOptions
  readonly #keeping: Keeping | undefined
  /** A position that must not pass what could not be applied. */
  readonly #isKept: boolean
  readonly #parts = new Map<Channel, ChannelSubscription>()
  #told: LiveStatus = worstOf([])
  hasEnded = false

  constructor(options: OpenSubscriptionOptions) {
    const { name, keep } = options.request
    this.name = name
    this.#options = options
    this.#isKept = (name ?? keep) !== undefined
    this.#keeping = keep && new Keeping(keep, () => this.positions)
  }

  get status(): LiveStatus {
    return worstOf(this.hasEnded ? [] : [...this.#parts.values()].map(({ status }) => status))
  }

  get positions(): Positions {
    const positions: { [Name in Channel]?: Positions[Name] } = {}
    for (const [channel, { applied }] of this.#parts) if (applied) positions[channel] = applied
    return positions
  }

  get parts(): ReadonlyMap<Channel, ChannelSubscription> {
    return this.#parts
  }

  add(part: ChannelSubscription): void {
    this.#parts.set(part.channel, part)
  }

  rescanned(): void {
    for (const part of this.#parts.values()) part.rescanned()
  }

  unsubscribe(): void {
    if (this.hasEnded) return
    this.hasEnded = true
    for (const part of this.#parts.values()) {
      part.stop()
      this.#options.leave(part)
    }
    this.#options.changed()
    this.#keeping?.end()
  }

  /** A handler threw, or the store has nothing to begin with. */
  failed(error: unknown): void {
    const { onEnd } = this.#options.handlers
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
    call(() => this.#options.handlers.onStatus?.(status))
    this.#options.changed()
  }
}
