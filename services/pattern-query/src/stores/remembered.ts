import { PROBLEMS, type ProblemCode, ProblemError } from '@tickstock/contracts'
import { LRUCache } from 'lru-cache'

export interface RememberedOptions<Value> {
  /** How long a value counts without being asked for again, ms. */
  readonly freshMs: number
  /** How long it counts that there is none, ms. */
  readonly absentMs: number
  /** How long a value stands in where it cannot be read, ms. */
  readonly staleMs: number
  /** How long it then does without another attempt, ms. */
  readonly retryMs: number
  readonly entries: number
  /** Together, by {@link sizeOf}. */
  readonly size: number
  readonly sizeOf: (value: Value) => number
  /** Told of each read how it went. */
  readonly tell: (how: ReadOutcome) => void
  readonly now?: () => number
}

/** `remembered`: no question was asked. `stale`: it was, or had been lately, without an answer. */
export type ReadOutcome = 'remembered' | 'read' | 'absent' | 'stale' | 'failed'

interface Entry<Value> {
  readonly found: { readonly value: Value } | { readonly problem: ProblemError }
  readonly readAt: number
  askAgainAt: number
}

/**
 * What another service said, remembered within bounds. Equal questions in flight are one. What is forgotten while it is being read is not
 * remembered afterwards: the answer may be of before.
 */
export class Remembered<Value extends {}> {
  readonly #options: RememberedOptions<Value>
  readonly #now: () => number
  readonly #entries: LRUCache<string, Entry<Value>>
  readonly #flights = new Map<string, Promise<Value>>()

  constructor(options: RememberedOptions<Value>) {
    this.#options = options
    this.#now = options.now ?? Date.now
    this.#entries = new LRUCache({
      max: options.entries,
      maxSize: options.size,
      sizeCalculation: ({ found }) => ('value' in found ? 1 + options.sizeOf(found.value) : 1)
    })
  }

  get size(): number {
    return this.#entries.size
  }

  /**
   * @param load reads it; a ProblemError that is temporary may be answered by what is remembered
   * @throws what `load` throws
   */
  async read(key: string, load: () => Promise<Value>): Promise<Value> {
    const known = this.#entries.get(key)
    if (known && this.#now() < known.askAgainAt) {
      this.#options.tell(this.#isFresh(known) ? 'remembered' : 'stale')
      return answerOf(known)
    }
    const flight = this.#flights.get(key)
    if (flight === undefined) return this.#fly(key, load)
    try {
      return await flight
    } catch (error) {
      // It is his own identity that the first was refused for; the next one's may be good.
      if (isProblem(error, 'unauthenticated', 'forbidden')) return load()
      throw error
    }
  }

  forget(key: string): void {
    this.#entries.delete(key)
    this.#flights.delete(key)
  }

  clear(): void {
    this.#entries.clear()
    this.#flights.clear()
  }

  #isFresh({ readAt, found }: Entry<Value>): boolean {
    return this.#now() - readAt < ('value' in found ? this.#options.freshMs : this.#options.absentMs)
  }

  async #fly(key: string, load: () => Promise<Value>): Promise<Value> {
    const flight = this.#ask(key, load, () => this.#flights.get(key) === flight)
    this.#flights.set(key, flight)
    try {
      return await flight
    } finally {
      if (this.#flights.get(key) === flight) this.#flights.delete(key)
    }
  }

  async #ask(key: string, load: () => Promise<Value>, counts: () => boolean): Promise<Value> {
    try {
      const value = await load()
      this.#options.tell('read')
      if (counts()) this.#keep(key, { value }, this.#options.freshMs)
      return value
    } catch (error) {
      if (isProblem(error, 'watchlist_not_found', 'filter_not_found')) {
        this.#options.tell('absent')
        if (counts()) this.#keep(key, { problem: error }, this.#options.absentMs)
        throw error
      }
      return this.#standIn(key, error)
    }
  }

  #keep(key: string, found: Entry<Value>['found'], forMs: number): void {
    const readAt = this.#now()
    this.#entries.set(key, { found, readAt, askAgainAt: readAt + forMs })
  }

  #standIn(key: string, error: unknown): Value {
    const now = this.#now()
    const known = this.#entries.get(key)
    if (known && 'value' in known.found && isTemporary(error) && now - known.readAt <= this.#options.staleMs) {
      known.askAgainAt = now + this.#options.retryMs
      this.#options.tell('stale')
      return known.found.value
    }
    this.#options.tell('failed')
    throw error
  }
}

function answerOf<Value>({ found }: Entry<Value>): Value {
  if ('problem' in found) throw found.problem
  return found.value
}

const isProblem = (error: unknown, ...codes: ProblemCode[]): error is ProblemError =>
  error instanceof ProblemError && codes.includes(error.code)

const isTemporary = (error: unknown) => error instanceof ProblemError && PROBLEMS[error.code].temporary
