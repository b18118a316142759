import type { Channel } from '@tickstock/contracts'
import type { Instruments } from '../instruments.ts'

const SECOND = 1_000
const MINUTE = 60

/**
 * Counts the ingest, for operators (Prometheus) and for `/api/patterns/stats` at once.
 */
export class IngestCounts {
  readonly #instruments: Instruments
  readonly #now: () => number
  readonly #began: number
  /** Received in each of the last 60 seconds, by second of the minute. */
  readonly #recent = new Float64Array(MINUTE)
  #second: number
  received = 0
  appended = 0
  duplicates = 0
  deadLetters = 0
  lost = 0

  /** @param now ms of a clock that never goes back. Default: the process's */
  constructor(instruments: Instruments, now: () => number = () => performance.now()) {
    this.#instruments = instruments
    this.#now = now
    this.#began = now()
    this.#second = Math.floor(this.#began / SECOND)
  }

  /** Received, mean of the last minute, or of the time since the start where that is less. */
  get perSecond(): number {
    this.#advance()
    const seconds = Math.min(MINUTE, Math.max(1, (this.#now() - this.#began) / SECOND))
    return this.#recent.reduce((sum, count) => sum + count, 0) / seconds
  }

  countReceived(source: 'pubsub' | 'inbox', count: number): void {
    this.#advance()
    const at = this.#second % MINUTE
    this.#recent[at] = (this.#recent[at] ?? 0) + count
    this.received += count
    this.#instruments.ingested.inc({ source }, count)
  }

  countAppended(channel: Channel, appended: number, duplicates: number): void {
    this.appended += appended
    this.duplicates += duplicates
    if (appended > 0) this.#instruments.appended.inc({ channel }, appended)
    if (duplicates > 0) this.#instruments.duplicates.inc({ channel }, duplicates)
  }

  countDeadLetter(reason: string): void {
    this.deadLetters += 1
    this.#instruments.deadLetters.inc({ reason })
  }

  countLost(queue: string, count: number): void {
    this.lost += count
    this.#instruments.overflowed.inc({ queue }, count)
  }

  #advance() {
    const second = Math.floor(this.#now() / SECOND)
    const passed = Math.min(MINUTE, second - this.#second)
    for (let step = 1; step <= passed; step++) this.#recent[(this.#second + step) % MINUTE] = 0
    this.#second = second
  }
}
