import type { Position } from '@tickstock/contracts'

/** What came at an offset; times are by the server's clock, ms. */
interface Mark {
  readonly offset: number
  readonly since: number
  /** Up to then nothing else came. */
  until: number
}

/**
 * How old what the application has applied is. An event was appended at a time; a heartbeat says until when nothing
 * else came. What waits for the application grows older, also while nothing comes.
 */
export class Freshness {
  #epoch = ''
  /** In the order of offsets, what came and is not applied. */
  readonly #waiting: Mark[] = []
  /** The newest that was applied since the age was last asked for, by the server's clock, ms. */
  #applied: number | undefined
  #age = 0

  /** A feed begins: how old its events are is not known yet. */
  begin(): void {
    this.#applied = undefined
    this.#age = 0
  }

  /** An event, or a heartbeat that finds nothing else, is here. @param applied where the application is */
  came({ epoch, offset }: Position, time: number, applied: Position | undefined): void {
    if (epoch !== this.#epoch) this.#waiting.length = 0
    this.#epoch = epoch
    if (applied?.epoch === epoch && applied.offset >= offset) this.#applied = time
    else {
      const last = this.#waiting.at(-1)
      if (last && last.offset >= offset) last.until = Math.max(last.until, time)
      else this.#waiting.push({ offset, since: time, until: time })
    }
  }

  /** The application is done with everything up to here. */
  apply({ epoch, offset }: Position): void {
    if (epoch !== this.#epoch) return
    const rest = this.#waiting.findIndex(mark => mark.offset > offset)
    const done = this.#waiting.splice(0, rest < 0 ? this.#waiting.length : rest)
    this.#applied = done.at(-1)?.until ?? this.#applied
  }

  /** Of the oldest that waits for the application; else of the newest when it was applied. @param time by the server's clock, ms */
  age(time: number): number {
    if (this.#applied !== undefined) this.#age = Math.max(0, time - this.#applied)
    this.#applied = undefined
    const [oldest] = this.#waiting
    return oldest === undefined ? this.#age : Math.max(0, time - oldest.since)
  }
}
