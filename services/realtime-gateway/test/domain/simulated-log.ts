import {
  type LogEntry,
  momentOf,
  type PatternEvent,
  type PatternState,
  type Position,
  supersedes,
  type ThresholdValues,
  thresholdValuesOf
} from '@tickstock/contracts'
import type { History, Standing } from '../../src/domain/history.ts'
import { entryOf, type Say } from './fixtures.ts'

/** A log that remembers everything that was ever in it, so that a test can say what was lost. */
export class SimulatedLog implements History {
  readonly everything = new Map<string, LogEntry[]>()
  readonly pageSize: number
  answers = true
  /** Pages that were read. */
  reads = 0
  readonly #cut = new Set<string>()
  #retained: LogEntry[] = []
  #states = new Map<string, PatternState & { readonly values: ThresholdValues | undefined }>()
  #life = 1
  #offset = 0

  constructor(pageSize: number) {
    this.pageSize = pageSize
    this.everything.set(this.epoch, [])
  }

  get epoch(): string {
    return `e${this.#life}`
  }

  get head(): Position {
    return { epoch: this.epoch, offset: this.#offset }
  }

  /** All that is retained of the epoch lies after this. */
  get floor(): number {
    const first = this.#retained.find(entry => entry.epoch === this.epoch)
    return first === undefined ? this.#offset : first.offset - 1
  }

  append(say: Say): void {
    const entry = { ...entryOf(this.epoch, ++this.#offset, say) }
    Object.assign(entry, this.#changeBy(entry.event))
    this.#retained.push(entry)
    this.everything.get(this.epoch)?.push(entry)
  }

  /** Retention cuts the oldest. */
  trim(count: number): void {
    for (const { epoch, offset } of this.#retained.splice(0, count)) this.#cut.add(`${epoch}:${offset}`)
  }

  /** Has retention cut it, or was it never there? */
  wasCut({ epoch, offset }: Position): boolean {
    const existed = this.everything.get(epoch)?.some(entry => entry.offset === offset)
    return !existed || this.#cut.has(`${epoch}:${offset}`)
  }

  /** Everything is lost: a new epoch from the start. */
  flush(): void {
    this.#retained = []
    this.#states.clear()
    this.#offset = 0
    this.#renew()
  }

  /** A failover lost the tail: a new epoch goes on where the rest ends. */
  loseTail(count: number): void {
    this.#retained = this.#retained.slice(0, Math.max(0, this.#retained.length - count))
    this.#offset = this.#retained.at(-1)?.offset ?? 0
    this.#renew()
  }

  after(offset: number): readonly LogEntry[] {
    return this.#retained.filter(entry => entry.offset > offset)
  }

  async page(_channel: string, after: number, upTo = Number.POSITIVE_INFINITY): Promise<readonly LogEntry[]> {
    if (!this.answers) throw new Error('the log does not answer')
    this.reads++
    return this.after(after)
      .filter(({ offset }) => offset <= upTo)
      .slice(0, this.pageSize)
  }

  async standing(): Promise<Standing> {
    if (!this.answers) throw new Error('the log does not answer')
    return { head: this.head, floor: this.floor }
  }

  /** What the append script says of an event: see `fold.ts` of the contracts. */
  #changeBy(event: PatternEvent): Pick<LogEntry, 'before' | 'late'> {
    const known = this.#states.get(event.pattern.id)
    if (!supersedes(event, known)) return { late: true }
    const isEnd = event.kind === 'pattern_expired'
    const values = isEnd ? undefined : thresholdValuesOf(event.pattern)
    this.#states.set(event.pattern.id, { moment: momentOf(event), ended: isEnd, values })
    return known?.values === undefined ? {} : { before: known.values }
  }

  #renew(): void {
    this.#life++
    this.everything.set(this.epoch, [])
  }
}
