import { CHANNELS, type Channel, type PatternTypes } from '@tickstock/contracts'
import { fingerprintOf } from '../fingerprint.ts'
import type { PatternQuery } from '../query.ts'
import { shortName } from '../short-name.ts'
import type { PatternView } from '../view/pattern-view.ts'

/** JSON, and what tells it from another. */
export interface Report {
  readonly json: string
  readonly tag: string
}

/** Confidence from which on a pattern counts as sure. */
const HIGH_CONFIDENCE = 0.8

/** Symbols that the summary names. */
const SYMBOLS_NAMED = 50

/** Length of each list of the best. */
const TOP = 10

const ALL: PatternQuery = { ranges: {}, sortBy: 'confidence', descending: true, page: 1, perPage: 1, view: 'full' }

const ANY_NUMBER = { min: Number.NEGATIVE_INFINITY, max: Number.POSITIVE_INFINITY }

interface Count {
  readonly name: string
  readonly count: number
}

/**
 * Reports about the live patterns, made once for each version of the view. Nothing is counted by going through patterns: the indexes know their sizes
 * and the orders their ends.
 */
export class PatternReports {
  readonly #view: PatternView
  readonly #sectorNames: () => ReadonlyMap<string, string> | undefined
  readonly #kept = new Map<string, Report>()
  #version = -1

  /** @param sectorNames sectors as they are written, by their lower case; undefined while they are not known */
  constructor(view: PatternView, sectorNames: () => ReadonlyMap<string, string> | undefined) {
    this.#view = view
    this.#sectorNames = sectorNames
  }

  /** All of the summary but `positions` and how fresh it is: an object that is not closed. */
  summary(): Report {
    return this.#remembered('summary', () => this.#summarise())
  }

  types(): Report {
    return this.#remembered('types', () => {
      const types: PatternTypes['types'] = this.#view
        .types()
        .map(({ name, count, confidence }) => ({ name, short: shortName(name), count, confidence }))
        .sort((one, other) => compareNames(one.name, other.name))
      return JSON.stringify({ types })
    })
  }

  #remembered(name: string, make: () => string): Report {
    if (this.#version !== this.#view.version) {
      this.#kept.clear()
      this.#version = this.#view.version
    }
    const known = this.#kept.get(name)
    if (known) return known
    const json = make()
    const report = { json, tag: fingerprintOf(json) }
    this.#kept.set(name, report)
    return report
  }

  #summarise(): string {
    const counts = {
      total: this.#view.size,
      high_confidence: this.#count({ ranges: { confidence: { ...ANY_NUMBER, min: HIGH_CONFIDENCE } } }),
      by_channel: Object.fromEntries(CHANNELS.map(channel => [channel, this.countOf(channel)])),
      by_type: byCount(this.#view.types()),
      by_timeframe: byCount(this.#view.counts('timeframes')),
      by_sector: byCount(this.#sectors()),
      by_symbol: byCount(this.#view.counts('symbols')).slice(0, SYMBOLS_NAMED)
    }
    const top = [
      `"confidence":${this.#top({ sortBy: 'confidence' })}`,
      `"relative_strength":${this.#top({ sortBy: 'rs', ranges: { rs: ANY_NUMBER } })}`,
      `"relative_volume":${this.#top({ sortBy: 'volume', ranges: { volume: ANY_NUMBER } })}`,
      `"newest":${this.#top({ sortBy: 'detected_at' })}`
    ]
    return `${JSON.stringify(counts).slice(0, -1)},"top":{${top.join(',')}}`
  }

  /** Live patterns of a channel. */
  countOf(channel: Channel): number {
    return this.#count({ timeframes: [channel] })
  }

  #count(selection: Partial<PatternQuery>): number {
    return this.#view.scan({ ...ALL, ...selection }).total
  }

  #top(selection: Partial<PatternQuery>): string {
    const { slots } = this.#view.scan({ ...ALL, perPage: TOP, ...selection })
    return `[${slots.map(slot => this.#view.rowAt(slot)).join(',')}]`
  }

  #sectors(): Count[] {
    const names = this.#sectorNames()
    if (names === undefined) return []
    return this.#view.counts('sectors').map(({ name, count }) => ({ name: names.get(name) ?? name, count }))
  }
}

/** Most frequent first; equal ones by name, so that replicas agree. */
const byCount = (counts: readonly Count[]): Count[] =>
  counts
    .map(({ name, count }) => ({ name, count }))
    .sort((one, other) => other.count - one.count || compareNames(one.name, other.name))

const compareNames = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0)
