import type { LogEntry, Position } from '@tickstock/contracts'

export interface RingBounds {
  /** Most entries it holds. */
  readonly entries: number
  /** Most bytes of event JSON it holds. The newest entry stays, whatever its size. */
  readonly bytes: number
}

/**
 * The newest entries of one channel's log, by offset in constant time.
 *
 * It holds every entry with `base < offset <= top` of one epoch, without a hole: whoever stands at or after `base` needs nothing else.
 */
export class Ring {
  readonly #slots: (LogEntry | undefined)[]
  readonly #bounds: RingBounds
  #epoch: string
  #base: number
  #top: number
  #bytes = 0

  constructor(start: Position, bounds: RingBounds) {
    this.#bounds = bounds
    this.#slots = new Array<LogEntry | undefined>(bounds.entries)
    this.#epoch = start.epoch
    this.#base = start.offset
    this.#top = start.offset
  }

  get epoch(): string {
    return this.#epoch
  }

  /** Offset after which everything is here. */
  get base(): number {
    return this.#base
  }

  get top(): number {
    return this.#top
  }

  get size(): number {
    return this.#top - this.#base
  }

  get bytes(): number {
    return this.#bytes
  }

  /** @returns the entry, or undefined where it is not held */
  at(offset: number): LogEntry | undefined {
    return offset > this.#base && offset <= this.#top ? this.#slots[offset % this.#bounds.entries] : undefined
  }

  /** @throws RangeError when the entry is not the next one: a hole must never be hidden */
  push(entry: LogEntry): void {
    if (entry.epoch !== this.#epoch || entry.offset !== this.#top + 1)
      throw new RangeError(`${entry.epoch}:${entry.offset} does not follow ${this.#epoch}:${this.#top}`)
    if (this.size === this.#bounds.entries) this.#dropOldest()
    this.#slots[entry.offset % this.#bounds.entries] = entry
    this.#top = entry.offset
    this.#bytes += entry.json.length
    while (this.#bytes > this.#bounds.bytes && this.size > 1) this.#dropOldest()
  }

  /** Empties it: the next entry is the one after `position`. */
  restart(position: Position): void {
    this.#slots.fill(undefined)
    this.#bytes = 0
    this.#epoch = position.epoch
    this.#base = position.offset
    this.#top = position.offset
  }

  #dropOldest(): void {
    const oldest = this.#base + 1
    this.#bytes -= this.at(oldest)?.json.length ?? 0
    this.#slots[oldest % this.#bounds.entries] = undefined
    this.#base = oldest
  }
}
