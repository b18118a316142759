import { setTimeout as delay } from 'node:timers/promises'
import { createHttpClient, type HttpClient, RefusedError, RequestError } from '@tickstock/client'
import type { SavedFilter, ScanCriteria, Watchlist } from '@tickstock/contracts'
import { type Teardown, until } from '@tickstock/test-kit'
import type { Finding } from './audit/finding.ts'
import { ListHistory } from './audit/list-history.ts'
import { monotonicTime } from './audit/truth.ts'
import { MARKER, PATTERNS, SYMBOLS } from './producer-events.ts'
import type { Randomness } from './randomness.ts'

export interface EditorOptions {
  /** Where nginx answers. */
  readonly url: string
  readonly random: Randomness
  readonly users: readonly string[]
  /** Between two edits of a list, ms: at least, and at most. */
  readonly pause: readonly [least: number, most: number]
}

/** Of one user: a watchlist and a saved filter. */
export interface UserLists {
  readonly user: string
  /** Symbols that the watchlist has nearly always: a subscription that names them too is at times equal to one that does not. */
  readonly core: readonly string[]
  readonly watchlist: ListHistory
  readonly filter: ListHistory
}

const TIMEOUT = 5_000
/** Between two attempts while user-universe does not answer, ms. */
const AGAIN_AFTER = 100
const CORE = 3

/** Edits watchlists and saved filters as their users do, and knows every version that they had. */
export class Editor {
  readonly #options: EditorOptions
  readonly #stop = new AbortController()
  #lists: readonly UserLists[] = []
  #running: Promise<unknown> = Promise.resolve()

  constructor(t: Teardown, options: EditorOptions) {
    this.#options = options
    t.teardown(() => this.#stop.abort())
  }

  get lists(): readonly UserLists[] {
    return this.#lists
  }

  /** By id. */
  get histories(): ReadonlyMap<string, ListHistory> {
    return new Map(this.#all().map(history => [history.id, history]))
  }

  get edits(): number {
    return this.#all().reduce((sum, { newest }) => sum + newest.number - 1, 0)
  }

  get findings(): readonly Finding[] {
    return this.#all().flatMap(({ findings }) => findings)
  }

  /** Resolves when each list has been edited again, while the edits go on. */
  async edited(within: number): Promise<void> {
    const before = this.#all().map(({ newest }) => newest.number)
    const isOver = () => this.#all().every(({ newest }, index) => newest.number > (before[index] ?? 0))
    await until(isOver, { within, what: 'each list to be edited' })
  }

  async create(): Promise<void> {
    const { random, users } = this.#options
    this.#lists = await Promise.all(users.map(user => this.#createFor(user, random.fork(user))))
  }

  start(): void {
    const { random, pause } = this.#options
    this.#running = Promise.all(
      this.#lists.flatMap(lists => [
        this.#keepEditing(lists.watchlist, random.fork(lists.watchlist.user), pause, one => watched(lists.core, one)),
        this.#keepEditing(lists.filter, random.fork(`${lists.filter.user} filter`), pause, criteria)
      ])
    )
    // Reported by `finish`.
    this.#running.catch(() => undefined)
  }

  /**
   * Ends the edits. The last one brings the marker into each list: events of it reach a subscription only when its last edit is in force.
   */
  async finish(): Promise<void> {
    this.#stop.abort()
    await this.#running
    await Promise.all(
      this.#all().map(async history => {
        const { symbols = [] } = history.newest.criteria
        await this.#edit(history, { ...history.newest.criteria, symbols: [...symbols, MARKER] })
      })
    )
  }

  #all(): ListHistory[] {
    return this.#lists.flatMap(({ watchlist, filter }) => [watchlist, filter])
  }

  async #createFor(user: string, random: Randomness): Promise<UserLists> {
    const core = random.sample(SYMBOLS, CORE)
    const client = this.#clientOf(user)
    const askedAt = monotonicTime()
    const symbols = [...core, ...random.sample(restOf(core), 1)]
    const list = await client.watchlists.create({ name: `Mine ${random.between(0, 1e9)}`, symbols })
    const saved = await client.filters.create({ name: `Mine ${random.between(0, 1e9)}`, criteria: criteria(random) })
    const first = (item: Watchlist | SavedFilter, kind: ListHistory['kind']) =>
      new ListHistory(
        { id: item.id, kind, user },
        { number: item.version, criteria: criteriaOf(item), askedAt, answeredAt: monotonicTime() }
      )
    return { user, core, watchlist: first(list, 'watchlist'), filter: first(saved, 'filter') }
  }

  async #keepEditing(
    history: ListHistory,
    random: Randomness,
    pause: EditorOptions['pause'],
    next: (random: Randomness) => ScanCriteria
  ): Promise<void> {
    const { signal } = this.#stop
    while (!signal.aborted) {
      await delay(random.between(...pause), undefined, { signal }).catch(() => undefined)
      if (!signal.aborted) await this.#edit(history, next(random))
    }
  }

  /** Asks until the content is there. */
  async #edit(history: ListHistory, criteria: ScanCriteria): Promise<void> {
    const before = history.newest.number
    while (history.newest.number === before && history.findings.length === 0) {
      history.asks(criteria, monotonicTime())
      await this.#reached(history, () => this.#patch(history, criteria))
      // The answer was lost, or an edit of before whose answer was lost came first: only the list knows.
      if (history.newest.number === before) await this.#reached(history, () => this.#read(history))
    }
  }

  async #reached(history: ListHistory, ask: () => Promise<Watchlist | SavedFilter>): Promise<void> {
    try {
      const item = await ask()
      history.answers(item.version, criteriaOf(item), monotonicTime())
    } catch (error) {
      if (!isExpected(error)) throw error
      await delay(AGAIN_AFTER)
    }
  }

  #patch({ id, kind, user, newest }: ListHistory, criteria: ScanCriteria): Promise<Watchlist | SavedFilter> {
    const client = this.#clientOf(user)
    const { number: version } = newest
    return kind === 'watchlist'
      ? client.watchlists.patch(id, { symbols: criteria.symbols ?? [] }, { version })
      : client.filters.patch(id, { criteria }, { version })
  }

  #read({ id, kind, user }: ListHistory): Promise<Watchlist | SavedFilter> {
    const client = this.#clientOf(user)
    return kind === 'watchlist' ? client.watchlists.get(id) : client.filters.get(id)
  }

  #clientOf(user: string): HttpClient {
    return createHttpClient({ url: this.#options.url, user, timeoutMs: TIMEOUT })
  }
}

/** Away for a while, or changed by an edit whose answer was lost. */
const isExpected = (error: unknown): boolean =>
  error instanceof RequestError &&
  (error.temporary || (error instanceof RefusedError && error.code === 'version_mismatch'))

const criteriaOf = (item: Watchlist | SavedFilter): ScanCriteria =>
  'criteria' in item ? item.criteria : { symbols: item.symbols }

/** In half of the cases the core alone. */
function watched(core: readonly string[], random: Randomness): ScanCriteria {
  const kept = random.chance(0.8) ? core : random.sample(core, CORE - 1)
  return { symbols: random.chance(0.5) ? [...core] : [...kept, ...random.sample(restOf(core), random.between(0, 5))] }
}

/** Events of the marker pass all thresholds, and have the first of the pattern types. */
function criteria(random: Randomness): ScanCriteria {
  return {
    symbols: random.sample(SYMBOLS, random.between(2, 8)),
    ...(random.chance(0.7) && { confidence_min: random.between(4, 9) / 10 }),
    ...(random.chance(0.3) && { rs_min: random.between(1, 20) / 10 }),
    ...(random.chance(0.3) && { pattern_types: [PATTERNS[0], random.pick(PATTERNS.slice(1))] })
  }
}

const restOf = (core: readonly string[]): string[] => SYMBOLS.filter(symbol => !core.includes(symbol))
