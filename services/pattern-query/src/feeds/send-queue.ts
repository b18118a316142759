import { isRetryable } from '@tickstock/event-log'
import type { Logger } from '@tickstock/service-kit'
import { backOff } from './back-off.ts'

export interface SendQueueOptions<Item, Result> {
  readonly name: string
  readonly logger: Logger
  /** Items that may wait, of those that {@link SendQueue.offer} brings. */
  readonly limit: number
  readonly send: (item: Item) => Promise<Result>
  /** It was sent, once as far as we know. */
  readonly sent: (item: Item, result: Result) => void
  /** It will never be accepted; resolves when it is put somewhere else. */
  readonly refused: (item: Item, error: unknown) => Promise<void>
}

interface Waiting<Item, Result> {
  readonly item: Item
  readonly settle: () => void
  outcome?: { readonly result: Result }
}

/** Handed to Redis at once. One round trip carries them all; a cut leaves no more than these in doubt. */
const BATCH = 256

/**
 * Sends in order of arrival, whatever fails: a batch goes out as one pipeline, and the next one only when all of it is answered.
 *
 * A connection that breaks has done the first few of a batch and none after them. So what is not known to be sent is sent again, in order, for
 * ever, and nothing overtakes it: the items after it wait.
 */
export class SendQueue<Item, Result> {
  readonly #options: SendQueueOptions<Item, Result>
  readonly #waiting: Waiting<Item, Result>[] = []
  readonly #stop = new AbortController()
  #draining: Promise<void> | undefined
  #failures = 0

  constructor(options: SendQueueOptions<Item, Result>) {
    this.#options = options
  }

  get length(): number {
    return this.#waiting.length
  }

  /** Takes an item of a source that cannot be asked again. @returns false if there is no room: the item is lost */
  offer(item: Item): boolean {
    if (this.#waiting.length >= this.#options.limit) return false
    void this.push(item)
    return true
  }

  /** Takes an item of a source that waits, so that its own pace is the bound. Resolves once the item is sent, or refused. */
  push(item: Item): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiting.push({ item, settle: resolve })
    // In the next turn, so that what arrives together goes out together.
    this.#draining ??= Promise.resolve().then(() => this.#drain())
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

  async #drain() {
    while (this.#waiting.length > 0 && !this.#stop.signal.aborted) await this.#sendBatch()
    this.#draining = undefined
  }

  async #sendBatch() {
    const batch = this.#waiting.slice(0, BATCH)
    const errors = await Promise.all(batch.map(waiting => this.#send(waiting)))
    const firstError = errors.findIndex(error => error !== undefined)
    for (const { item, settle, outcome } of this.#waiting.splice(0, firstError < 0 ? batch.length : firstError)) {
      if (outcome) this.#options.sent(item, outcome.result)
      settle()
    }
    if (firstError < 0) this.#failures = 0
    else await this.#fail(errors[firstError]?.cause)
  }

  /** @returns the error, in a box: anything can be thrown */
  async #send(waiting: Waiting<Item, Result>): Promise<{ readonly cause: unknown } | undefined> {
    try {
      waiting.outcome ??= { result: await this.#options.send(waiting.item) }
      return undefined
    } catch (cause) {
      return { cause }
    }
  }

  /** The first item that waits has failed. */
  async #fail(error: unknown) {
    const { name, logger, refused } = this.#options
    this.#failures++
    if (isRetryable(error)) {
      logger.warn({ err: error, queue: name, waiting: this.length, failures: this.#failures }, 'sending failed: again')
      await backOff(this.#failures, this.#stop.signal)
      return
    }
    const first = this.#waiting.shift()
    if (!first) return
    logger.error({ err: error, queue: name }, 'refused for good')
    await refused(first.item, error)
    first.settle()
  }
}
