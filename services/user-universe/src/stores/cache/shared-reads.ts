import { setTimeout as delay } from 'node:timers/promises'
import type { Static, TSchema } from '@sinclair/typebox'
import { type Check, checkOf, ProblemError } from '@tickstock/contracts'
import { Flights } from '../../domain/flights.ts'
import type { Reading } from '../../domain/universes.ts'
import type { Loaded } from '../database.ts'
import type { CacheEntries, Found } from './cache-entries.ts'
import type { CacheInstruments } from './cache-instruments.ts'

/** Reads from Postgres what is not older than a place in its journal; without one, from the primary. */
export type Load<Value> = (since: string | undefined) => Promise<Loaded<Value>>

export interface SharedReadsOptions<Schema extends TSchema> {
  /** For the metrics. */
  readonly what: string
  readonly schema: Schema
  /** Without them, calls at once still share a query. */
  readonly entries: CacheEntries | undefined
  readonly instruments: CacheInstruments
}

/** Longer texts are read from Postgres each time: parsing one of 1 MB holds up all other requests for 10 ms. */
const LONGEST = 256 * 1024

/** Stands in the cache for a value that is too long for it. */
const TOO_LONG = '-'

/** Waits between looks for what another replica loads, ms: 250 in all, far more than a query takes. */
const LOOKS = [2, 4, 8, 16, 32, 64, 124] as const

/** How long an old value waits for Postgres before it is given, and how long after a failure it is given at once, ms. */
const POSTGRES = { slow: 1_000, away: 1_000 } as const

/** Reads through the cache: a burst costs one query, in this process and across all. */
export class SharedReads<Schema extends TSchema> {
  readonly #check: Check<Schema>
  readonly #entries: CacheEntries | undefined
  readonly #count: (outcome: 'hit' | 'miss' | 'stale' | 'bypass') => void
  readonly #flights: Flights<Reading<Static<Schema>>>
  #failedAt = Number.NEGATIVE_INFINITY

  constructor({ what, schema, entries, instruments }: SharedReadsOptions<Schema>) {
    this.#check = checkOf(schema)
    this.#entries = entries
    this.#count = outcome => instruments.reads.inc({ what, outcome })
    this.#flights = new Flights(() => instruments.joins.inc())
  }

  /** @throws what `load` throws, where nothing is known that is no older than five minutes */
  read(entry: string, load: Load<Static<Schema>>): Promise<Reading<Static<Schema>>> {
    return this.#flights.share(entry, () => this.#read(entry, load))
  }

  /** A value as the cache holds it. */
  textOf(value: Static<Schema>): string {
    const text = JSON.stringify(value)
    return text.length > LONGEST ? TOO_LONG : text
  }

  /** The value that a text of the cache holds. What another release has put there, or nobody understands, is as good as nothing. */
  valueOf(text: string): Static<Schema> | undefined {
    return text === TOO_LONG ? undefined : this.#check.read(text)
  }

  async #read(entry: string, load: Load<Static<Schema>>): Promise<Reading<Static<Schema>>> {
    const found = await this.#find(entry)
    if (found === undefined || found.text === TOO_LONG) {
      this.#count('bypass')
      return freshly((await load(found?.lsn)).value)
    }
    const known = this.#known(found)
    if (found.kind === 'hit' && known) {
      this.#count('hit')
      return known
    }
    this.#count('miss')
    const loading = this.#load(entry, found, load)
    return known ? this.#orStale(loading, known) : loading
  }

  /** Looks again, for a moment, while another replica loads. */
  async #find(entry: string): Promise<Found | undefined> {
    let found = await this.#entries?.lookUp(entry)
    for (const ms of LOOKS) {
      if (found?.kind !== 'wait') break
      await delay(ms)
      found = await this.#entries?.lookUp(entry)
    }
    return found
  }

  async #load(entry: string, found: Found, load: Load<Static<Schema>>): Promise<Reading<Static<Schema>>> {
    try {
      const { value, lsn } = await load(found.lsn)
      // The answer does not wait for it; what this process asks next comes after it on the same connection.
      void this.#entries?.fill(entry, found, this.textOf(value), lsn)
      return freshly(value)
    } catch (error) {
      void this.#entries?.fill(entry, found)
      throw error
    }
  }

  /** What is known, where Postgres does not answer, or takes long. */
  async #orStale(
    loading: Promise<Reading<Static<Schema>>>,
    known: Reading<Static<Schema>>
  ): Promise<Reading<Static<Schema>>> {
    const away = performance.now() - this.#failedAt < POSTGRES.away
    const answer = loading.catch((error: unknown) => {
      if (!(error instanceof ProblemError && error.code === 'database_unavailable')) throw error
      this.#failedAt = performance.now()
      return undefined
    })
    const late = new AbortController()
    try {
      const patience = delay(away ? 0 : POSTGRES.slow, undefined, { signal: late.signal, ref: false })
      const found = await Promise.race([answer, patience])
      if (found) return found
    } finally {
      late.abort()
    }
    this.#count('stale')
    return { ...known, stale: true }
  }

  #known({ text, ageMs }: Found): Reading<Static<Schema>> | undefined {
    const value = text === undefined ? undefined : this.valueOf(text)
    return value === undefined ? undefined : { value, ageMs, stale: false }
  }
}

const freshly = <Value>(value: Value): Reading<Value> => ({ value, ageMs: 0, stale: false })
