import type { Channel, Pattern, PatternEvent } from '@tickstock/contracts'
import type { EventPlace, LiveHandlers, Place, SnapshotPage } from './live-handlers.ts'
import type { LiveSubscription } from './live-request.ts'
import type { LiveStatus } from './live-status.ts'
import type { Positions } from './position-store.ts'
import type { MissedEvents, Refusal } from './session/effect.ts'

/** What a live subscription brings, one by one. */
export type LiveItem =
  | ({ readonly type: 'event'; readonly event: PatternEvent } & EventPlace)
  | ({ readonly type: 'snapshot'; readonly patterns: readonly Pattern[] } & SnapshotPage)
  | ({ readonly type: 'gap'; readonly channel: Channel } & MissedEvents)
  | ({ readonly type: 'caught_up' | 'retargeted' } & Place)
  | ({ readonly type: 'status' } & LiveStatus)

/** A subscription was refused for good, or the client was: nothing more comes. */
export class LiveRefusedError extends Error {
  override readonly name = 'LiveRefusedError'
  /** What the service said; undefined where it closed the socket instead. */
  readonly refusal: Refusal | undefined

  constructor(message: string, refusal?: Refusal) {
    super(message)
    this.refusal = refusal
  }
}

/** An item that waits for the loop, and what is done when the loop is done with it. */
interface Waiting {
  readonly item: LiveItem
  readonly done: () => void
}

/**
 * A subscription as a loop. Each channel has at most one item waiting here, since what follows it waits for the loop; what the server may send meanwhile is bounded by
 * credits. How it stands goes before everything else, the newest alone.
 *
 * An item counts as applied when the loop asks for the next: one in whose turn the loop was left comes again where positions are kept.
 */
export class LiveItems implements AsyncIterableIterator<LiveItem, undefined> {
  readonly #subscription: LiveSubscription
  readonly #signal: AbortSignal | undefined
  #waiting: Waiting[] = []
  #status: LiveStatus | undefined
  #given: (() => void) | undefined
  #asking: PromiseWithResolvers<void> | undefined
  #ended = false
  #error: unknown

  /**
   * @param subscribe is called at once
   * @param signal ends the loop
   */
  constructor(subscribe: (handlers: LiveHandlers) => LiveSubscription, signal?: AbortSignal) {
    this.#signal = signal
    this.#subscription = subscribe(this.#handlers())
    signal?.addEventListener('abort', this.#leave)
    if (signal?.aborted) this.#leave()
  }

  get status(): LiveStatus {
    return this.#subscription.status
  }

  /** What was applied, by channel. */
  get positions(): Positions {
    return this.#subscription.positions
  }

  /** You have made good what a gap took: the status `gap` ends. */
  rescanned(): void {
    this.#subscription.rescanned()
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /** @throws LiveRefusedError, and what the store throws that is to say where it begins */
  async next(): Promise<IteratorResult<LiveItem, undefined>> {
    this.#given?.()
    this.#given = undefined
    for (;;) {
      const next = this.#shift()
      if (next !== undefined) {
        this.#given = next.done
        return { done: false, value: next.item }
      }
      if (this.#ended) break
      this.#asking ??= Promise.withResolvers()
      await this.#asking.promise
    }
    const error = this.#error
    this.#error = undefined
    if (error !== undefined) throw error
    return { done: true, value: undefined }
  }

  async return(): Promise<IteratorResult<LiveItem, undefined>> {
    this.#leave()
    return { done: true, value: undefined }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#leave()
  }

  /** Nothing more is wanted. */
  readonly #leave = (): void => {
    this.#waiting = []
    this.#status = undefined
    this.#end()
  }

  /** Nothing more comes. */
  readonly #end = (): void => {
    this.#ended = true
    this.#signal?.removeEventListener('abort', this.#leave)
    this.#subscription.unsubscribe()
    this.#wake()
  }

  #fail(error: unknown): void {
    this.#error ??= error
    // Not within what the subscription is telling.
    queueMicrotask(this.#end)
  }

  #shift(): Waiting | undefined {
    const status = this.#status
    this.#status = undefined
    if (status === undefined) return this.#waiting.shift()
    return { item: { type: 'status', ...status }, done: () => undefined }
  }

  #wake(): void {
    this.#asking?.resolve()
    this.#asking = undefined
  }

  #offer(item: LiveItem): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiting.push({ item, done: resolve })
    this.#wake()
    return promise
  }

  #handlers(): LiveHandlers {
    return {
      onEvent: (event, place) => this.#offer({ type: 'event', event, ...place }),
      onSnapshot: (patterns, page) => this.#offer({ type: 'snapshot', patterns, ...page }),
      onGap: (gap, channel) => this.#offer({ type: 'gap', channel, ...gap }),
      onCaughtUp: place => this.#offer({ type: 'caught_up', ...place }),
      onRetargeted: place => this.#offer({ type: 'retargeted', ...place }),
      onStatus: status => {
        this.#status = status
        this.#wake()
      },
      onEnd: error => this.#fail(error),
      onState: (state, reason) => {
        if (state === 'stopped') this.#fail(new LiveRefusedError(`the service ended it: ${reason}`))
        if (state === 'closed') queueMicrotask(this.#end)
      },
      onRefused: refusal => {
        if (!refusal.temporary) this.#fail(new LiveRefusedError(`${refusal.detail}. ${refusal.action}`, refusal))
      }
    }
  }
}
