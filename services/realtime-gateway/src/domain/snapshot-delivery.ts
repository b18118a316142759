import { type Channel, type Position, ProblemError, raise, type Snapshot } from '@tickstock/contracts'
import pLimit, { type LimitFunction } from 'p-limit'
import type { SelectedFilter } from './matcher.ts'
import type { Observer } from './observer.ts'
import type { SnapshotPage, Snapshots } from './snapshots.ts'
import type { Subscriber } from './subscription.ts'

export interface SnapshotDeliveryOptions {
  readonly snapshots: Snapshots
  readonly observer: Pick<Observer, 'failed'>
  /** Lasts as long as a client may take for one frame. Ends when aborted. */
  readonly patience: (abort: AbortSignal) => Promise<void>
}

export interface SnapshotRequest {
  readonly user: string
  readonly subscriber: Subscriber
  /** The subscription's. */
  readonly id: string
  readonly channel: Channel
  readonly filter: SelectedFilter
  readonly feed: string
  /** Told of the position first, before anything is sent. */
  readonly begin: (position: Position) => Promise<void>
  /** Nobody wants it any more. */
  readonly gone: AbortSignal
}

/** Bytes of patterns in one frame. The next is sent when the operating system has taken it: so much a client costs that does not read, beside one page. */
const FRAME_BYTES = 32 * 1024

/** Snapshots that are being sent to one socket, a frame at a time in turn. More wait. */
const AT_ONCE_TO_SOCKET = 4

/** Snapshots that are being sent to all. More would cost memory by what clients do not read: they wait. */
const AT_ONCE = 256

/** Sends what lives, as slowly as the client takes it. */
export class SnapshotDelivery {
  readonly #options: SnapshotDeliveryOptions
  readonly #sending = pLimit(AT_ONCE)
  readonly #turns = new WeakMap<Subscriber, TurnsOfSocket>()

  constructor(options: SnapshotDeliveryOptions) {
    this.#options = options
  }

  /** Snapshots that are being sent, or wait for that. */
  get underWay(): number {
    return this.#sending.activeCount + this.#sending.pendingCount
  }

  /**
   * Sends the `snapshot` messages. Ends early, without an error, when it is gone.
   *
   * @returns the position after which the events follow; undefined when it is gone
   * @throws ProblemError `patterns_unavailable`, also in the midst of it, and what `begin` throws
   */
  async deliver(request: SnapshotRequest): Promise<Position | undefined> {
    const { snapshots } = this.#turnsOf(request.subscriber)
    return snapshots(() => (request.gone.aborted ? undefined : this.#sending(() => this.#send(request))))
  }

  async #send(request: SnapshotRequest): Promise<Position | undefined> {
    const { subscriber, begin, gone } = request
    const { frames } = this.#turnsOf(subscriber)
    let last: SnapshotPage | undefined
    for await (const page of this.#pages(request)) {
      if (last === undefined) await begin(page.position)
      last = page
      if (page.patterns.length === 0 && page.remaining > 0) continue
      for (const text of framesOf(request, page))
        await frames(() => (gone.aborted ? undefined : this.#write(request, text)))
      if (gone.aborted) return undefined
    }
    if (gone.aborted) return undefined
    return last?.remaining === 0 ? last.position : raise('patterns_unavailable', 'the patterns ended too early')
  }

  #turnsOf(subscriber: Subscriber): TurnsOfSocket {
    const turns = this.#turns.get(subscriber) ?? { snapshots: pLimit(AT_ONCE_TO_SOCKET), frames: pLimit(1) }
    this.#turns.set(subscriber, turns)
    return turns
  }

  /** None is asked for before the one before is sent. */
  async *#pages({ user, channel, filter, gone }: SnapshotRequest): AsyncGenerator<SnapshotPage> {
    const { snapshots, observer } = this.#options
    try {
      for await (const page of snapshots.pages({ user }, channel, filter, gone)) {
        if (gone.aborted) return
        yield page
      }
    } catch (error) {
      if (error instanceof ProblemError || gone.aborted) throw error
      observer.failed(error)
      raise('patterns_unavailable', 'the patterns could not be read')
    }
  }

  /** Sends a frame, and waits until it is taken. */
  async #write({ subscriber, gone }: SnapshotRequest, text: string): Promise<void> {
    const over = new AbortController()
    const taken = new Promise<true>(resolve => subscriber.outlet.send(text, () => resolve(true)))
    try {
      const late = this.#options.patience(AbortSignal.any([over.signal, gone])).then(() => gone.aborted)
      if (!(await Promise.race([taken, late]))) raise('patterns_unavailable', 'the snapshot was not read in time')
    } finally {
      over.abort()
    }
  }
}

interface TurnsOfSocket {
  readonly snapshots: LimitFunction
  readonly frames: LimitFunction
}

/** Messages of a page. Only the very last one of a snapshot says that nothing remains. */
function* framesOf({ id, feed }: SnapshotRequest, { position, patterns, remaining }: SnapshotPage): Generator<string> {
  let texts: string[] = []
  let bytes = 0
  let left = remaining + patterns.length
  const frame = () => {
    const head = { type: 'snapshot', id, feed, position, remaining: left } satisfies Omit<Snapshot, 'patterns'>
    return `${JSON.stringify(head).slice(0, -1)},"patterns":[${texts.join(',')}]}`
  }
  for (const pattern of patterns) {
    const text = JSON.stringify(pattern)
    const size = Buffer.byteLength(text)
    if (bytes > 0 && bytes + size > FRAME_BYTES) {
      yield frame()
      texts = []
      bytes = 0
    }
    texts.push(text)
    bytes += size
    left -= 1
  }
  yield frame()
}
