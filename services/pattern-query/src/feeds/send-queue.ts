import { backOff, isRetryable, Outage } from '@tickstock/event-log'
import type { Logger } from '@tickstock/service-kit'

export interface SendQueueOptions<Item, Result> {
  readonly name: string
  readonly logger: Logger
  /** Items that may wait, of those that {@link SendQueue.offer} brings. */
  readonly limit: number
  /** Items that one call of `send` takes. */
  readonly atOnce: number
  /** Sends items in their order. Results in the same order; a call that fails may have sent the first few. */
  readonly send: (items: readonly Item[]) => Promise<readonly Result[]>
  /** They were sent, in order, once each as far as we know. */
  readonly sent: (outcomes: readonly Sent<Item, Result>[]) => void
  /** It will never be accepted; resolves when it is put somewhere else. */
  readonly refused: (item: Item, error: unknown) => Promise<void>
}

interface Sent<Item, Result> {
  readonly item: Item
  readonly result: Result
}

interface Waiting<Item, Result> {
  readonly item: Item
  /** Of a source that waits. */
  readonly settle: (() => void) | undefined
  outcome?: { readonly result: Result }
}

/** Calls handed to Redis at once: one round trip carries them all, and a cut leaves no more than these in doubt. */
const CALLS = 4

/**
 * Sends in order of arrival, whatever fails: a few calls go out together, and the next only when all of them are answered.
 *
 * A connection that breaks has done the first of them and none after. So what is not known to be sent is sent again, in order, for
 * ever, and nothing overtakes it: the items after it wait. Of a call that is refused for good each item is tried alone.
 */
export class SendQueue<Item, Result> {
  readonly #options: SendQueueOptions<Item, Result>
  readonly #outage: Outage
  readonly #stop = new AbortController()
  #waiting: Waiting<Item, Result>[] = []
  #draining: Promise<void> | undefined
  #failures = 0
  /** So many of the first are tried alone: one of them is the reason why all were refused. */
  #alone = 0

  constructor(options: SendQueueOptions<Item, Result>) {
    this.#options = options
    this.#outage = new Outage(options.logger, 'sending to Redis', { queue: options.name })
  }

  get length(): number {
    return this.#waiting.length
  }

  /** Takes an item of a source that cannot be asked again. @returns false if there is no room: the item is lost */
  offer(item: Item): boolean {
    if (this.#waiting.length >= this.#options.limit) return false
    this.#enqueue({ item, settle: undefined })
    return true
  }

  /** Takes items of a source that waits, so that its own pace is the bound. Resolves once all are sent, or refused. */
  push(...items: readonly Item[]): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    let left = items.length
    if (left === 0) resolve()
    const settle = () => {
      left -= 1
      if (left === 0) resolve()
    }
    for (const item of items) this.#enqueue({ item, settle })
    return promise
  }

  /** Resolves when nothing waits. */
  async drained(): Promise<void> {
    await this.#draining
  }

  /** Gives up what waits. @returns how many items that were */
  stop(): number {
    this.#stop.abort()
    return this.#waiting.length
  }

  #enqueue(waiting: Waiting<Item, Result>) {
    this.#waiting.push(waiting)
    // In the next turn, so that what arrives together goes out together.
    this.#draining ??= Promise.resolve().then(() => this.#drain())
  }

  async #drain() {
    while (this.#waiting.length > 0 && !this.#stop.signal.aborted) await this.#sendFirst()
    this.#draining = undefined
  }

  async #sendFirst() {
    const atOnce = this.#alone > 0 ? 1 : this.#options.atOnce
    const first = this.#waiting.slice(0, this.#alone || CALLS * atOnce)
    const calls = chunksOf(
      first.filter(({ outcome }) => outcome === undefined),
      atOnce
    )
    const failures = await Promise.all(calls.map(call => this.#call(call)))
    this.#settle(first)
    const failed = failures.findIndex(failure => failure !== undefined)
    if (failed >= 0) return this.#fail(calls[failed] ?? [], failures[failed]?.cause)
    this.#failures = 0
    this.#outage.over()
  }

  /** @returns the error, in a box: anything can be thrown */
  async #call(call: readonly Waiting<Item, Result>[]): Promise<{ readonly cause: unknown } | undefined> {
    try {
      const results = await this.#options.send(call.map(({ item }) => item))
      for (const [at, result] of results.entries()) {
        const waiting = call[at]
        if (waiting) waiting.outcome = { result }
      }
      return undefined
    } catch (cause) {
      return { cause }
    }
  }

  /** Lets go of what was sent, up to the first that was not. */
  #settle(first: readonly Waiting<Item, Result>[]) {
    const sent: Sent<Item, Result>[] = []
    for (const { item, outcome } of first) {
      if (!outcome) break
      sent.push({ item, result: outcome.result })
    }
    this.#waiting = this.#waiting.slice(sent.length)
    this.#alone = Math.max(0, this.#alone - sent.length)
    this.#options.sent(sent)
    for (const { settle } of first.slice(0, sent.length)) settle?.()
  }

  /** The first that wait were in a call that failed. */
  async #fail(call: readonly Waiting<Item, Result>[], error: unknown) {
    const { name, logger, refused } = this.#options
    this.#failures += 1
    if (isRetryable(error)) {
      this.#outage.failed(error)
      await backOff(this.#failures, this.#stop.signal)
      return
    }
    if (call.length > 1) {
      this.#alone = call.length
      return
    }
    const first = this.#waiting.shift()
    this.#alone = Math.max(0, this.#alone - 1)
    if (!first) return
    logger.error({ err: error, queue: name }, 'refused for good')
    await refused(first.item, error)
    first.settle?.()
  }
}

function chunksOf<Item>(items: readonly Item[], size: number): readonly (readonly Item[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size))
}
