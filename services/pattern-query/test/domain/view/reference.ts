import {
  CHANNELS,
  type Channel,
  type LogEntry,
  type Pattern,
  type PatternEvent,
  type Position,
  type Positions,
  perChannel
} from '@tickstock/contracts'
import { readCursor } from '../../../src/domain/cursor.ts'
import type { PatternQuery } from '../../../src/domain/query.ts'
import { PatternReports } from '../../../src/domain/reports/pattern-reports.ts'
import { ScanAnswers } from '../../../src/domain/scan-answers.ts'
import { shortName } from '../../../src/domain/short-name.ts'
import { liveState } from '../../../src/domain/view/live-state.ts'
import { PatternView } from '../../../src/domain/view/pattern-view.ts'
import { entryOf } from '../../events.ts'
import { naiveFold, naiveUnion } from '../../naive-fold.ts'
import { naiveCompare, naiveScan } from '../naive-scan.ts'

export type Sectors = ReadonlyMap<string, string>

/** The logs, all that was ever in them, and what they mean in plain words. */
export class Logs {
  readonly #entries = new Map<string, LogEntry[]>()
  readonly #epochs: Record<Channel, string> = perChannel(channel => `${channel}-0`)
  /** Entries are never changed, so neither is what they mean at a position. */
  readonly #live = new Map<string, ReadonlyMap<string, Pattern>>()

  append(channel: Channel, event: PatternEvent, appendedAt: number): void {
    const entries = this.entries(channel)
    entries.push(entryOf(entries.length + 1, event, this.epochOf(channel), appendedAt))
  }

  epochOf(channel: Channel): string {
    return this.#epochs[channel]
  }

  entries(channel: Channel, epoch = this.epochOf(channel)): LogEntry[] {
    const known = this.#entries.get(epoch)
    if (known) return known
    const entries: LogEntry[] = []
    this.#entries.set(epoch, entries)
    return entries
  }

  /** The log is empty and has another epoch. */
  lose(channel: Channel): void {
    const generation = Number(this.epochOf(channel).split('-')[1])
    this.#epochs[channel] = `${channel}-${generation + 1}`
  }

  /** What was live at some positions, by id. */
  liveAt(positions: Positions): ReadonlyMap<string, Pattern> {
    const at = JSON.stringify(positions)
    const known = this.#live.get(at)
    if (known) return known
    const live = naiveUnion(perChannel(channel => this.upTo(channel, positions[channel])))
    this.#live.set(at, live)
    return live
  }

  upTo(channel: Channel, { epoch, offset }: Position): LogEntry[] {
    return this.entries(channel, epoch).slice(0, offset)
  }
}

/** A view, as a replica keeps it: read from the logs, or loaded at a position. */
export class Replica {
  readonly #logs: Logs
  readonly #sectors: () => Sectors
  view = new PatternView({ maxLivePatterns: 100_000 })
  answers = new ScanAnswers(this.view)
  reports = new PatternReports(this.view, () => undefined)
  /** Where each channel was loaded: what moved before is not known. */
  readonly loadedAt: Record<Channel, number> = perChannel(() => 0)
  late = 0

  constructor(logs: Logs, sectors: () => Sectors) {
    this.#logs = logs
    this.#sectors = sectors
    this.restart(() => 0)
  }

  get positions(): Positions {
    const { positions } = this.view
    if (!positions) throw new Error('The view is not built')
    return positions
  }

  restart(offsetOf: (channel: Channel) => number): void {
    this.view = new PatternView({ maxLivePatterns: 100_000 })
    this.answers = new ScanAnswers(this.view)
    this.reports = new PatternReports(this.view, () => sectorNames(this.#sectors()))
    this.view.setSectors(this.#sectors())
    this.late = 0
    for (const channel of CHANNELS) this.load(channel, offsetOf(channel))
  }

  /** As from the ZSET: what the log says at a position. */
  load(channel: Channel, offset: number): void {
    const position = { epoch: this.#logs.epochOf(channel), offset }
    const { live, ends, logTime } = naiveFold(this.#logs.upTo(channel, position))
    const replacement = this.view.replace(channel)
    replacement.hold(Array.from(live.values(), pattern => liveState(pattern)))
    for (const _ of replacement.finish({ position, logTime, ends }));
    this.loadedAt[channel] = offset
  }

  /** @param again entries that were applied before, and are read once more */
  read(channel: Channel, count: number, again: number): void {
    const { epoch, offset } = this.positions[channel]
    if (epoch !== this.#logs.epochOf(channel)) {
      this.load(channel, 0)
      return
    }
    const entries = this.#logs.entries(channel)
    this.view.apply(channel, entries.slice(Math.max(0, offset - again), offset + count))
    const { late } = naiveFold(entries.slice(0, offset + count))
    this.late += late.filter(each => each > offset).length
  }
}

const sectorNames = (sectors: Sectors): Sectors =>
  new Map([...sectors.values()].map(name => [name, name.toUpperCase()]))

export interface ExpectedPage {
  readonly rows: readonly Pattern[]
  readonly total: number
  readonly more: boolean
}

/**
 * What a walk by cursor promises. Its order is that of its first page, at positions S: by a number that updates change, what was live at S, by its values
 * at S; by symbol or time, which never change, everything. A page has what follows its cursor in that order and is live and matches now, as it is now. So
 * what lives and matches at every page comes exactly once.
 */
export function expectedAfter(
  logs: Logs,
  now: Positions,
  since: Positions,
  last: Pattern,
  query: PatternQuery,
  sectors: Sectors
): ExpectedPage {
  const moves = query.sortBy !== 'symbol' && query.sortBy !== 'detected_at'
  const first = logs.liveAt(since)
  const stood = (pattern: Pattern) => (moves ? first.get(pattern.id) : pattern)
  const lastStood = stood(last) ?? last
  const matching = naiveScan(logs.liveAt(now).values(), query, sectors)
  const following = matching
    .flatMap(pattern => {
      const at = stood(pattern)
      return at && naiveCompare(at, lastStood, query) > 0 ? [{ pattern, at }] : []
    })
    .sort((one, other) => naiveCompare(one.at, other.at, query))
    .map(({ pattern }) => pattern)
  return {
    rows: following.slice(0, query.perPage),
    total: matching.length,
    more: following.length > query.perPage
  }
}

/** Why a replica refuses to continue a walk, if it does. */
export function expectedRefusal(replica: Replica, since: Positions, { sortBy }: PatternQuery): string | undefined {
  for (const channel of CHANNELS) {
    const { epoch, offset } = replica.positions[channel]
    if (epoch !== since[channel].epoch) return 'invalid_request'
    if (offset < since[channel].offset) return 'not_ready'
  }
  if (sortBy === 'symbol' || sortBy === 'detected_at') return undefined
  return CHANNELS.some(channel => since[channel].offset < replica.loadedAt[channel]) ? 'invalid_request' : undefined
}

/** The query of a page that a cursor leads to. */
export function continued(query: PatternQuery, text: string): PatternQuery & { readonly cursor: object } {
  const cursor = readCursor(text, query, query.perPage)
  return { ...query, page: cursor.page, cursor }
}

const ALL: PatternQuery = { view: 'full', ranges: {}, sortBy: 'confidence', descending: true, page: 1, perPage: 10 }
const ANY = { min: Number.NEGATIVE_INFINITY, max: Number.POSITIVE_INFINITY }

const byCount = (names: readonly string[]) => {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return Array.from(counts, ([name, count]) => ({ name, count })).sort(
    (one, other) => other.count - one.count || (one.name < other.name ? -1 : 1)
  )
}

export function expectedSummary(live: readonly Pattern[], sectors: Sectors) {
  const best = (query: Partial<PatternQuery>) => naiveScan(live, { ...ALL, ...query }, sectors).slice(0, 10)
  return {
    total: live.length,
    high_confidence: live.filter(({ confidence }) => confidence >= 0.8).length,
    by_channel: perChannel(channel => live.filter(each => each.channel === channel).length),
    by_type: byCount(writings(live)),
    by_timeframe: byCount(live.map(({ timeframe }) => timeframe)),
    by_sector: byCount(live.flatMap(({ symbol }) => sectors.get(symbol)?.toUpperCase() ?? [])),
    by_symbol: byCount(live.map(({ symbol }) => symbol)).slice(0, 50),
    top: {
      confidence: best({}),
      relative_strength: best({ sortBy: 'rs', ranges: { rs: ANY } }),
      relative_volume: best({ sortBy: 'volume', ranges: { volume: ANY } }),
      newest: best({ sortBy: 'detected_at' })
    }
  }
}

/** The name of each live pattern, as most live patterns of it write it. */
function writings(live: readonly Pattern[]): string[] {
  const counted = byCount(live.map(({ pattern }) => pattern))
  const writingOf = new Map<string, string>()
  for (const { name } of counted.toReversed()) writingOf.set(name.toLowerCase(), name)
  return live.map(({ pattern }) => writingOf.get(pattern.toLowerCase()) ?? pattern)
}

/** All of `/types` but the means, which are checked apart: they are rounded. */
export const expectedTypes = (live: readonly Pattern[]) =>
  byCount(writings(live))
    .map(({ name, count }) => ({ name, short: shortName(name), count }))
    .sort((one, other) => (one.name < other.name ? -1 : 1))

export function meanConfidence(name: string, live: readonly Pattern[]): number {
  const of = live.filter(({ pattern }) => pattern.toLowerCase() === name.toLowerCase())
  return of.reduce((sum, { confidence }) => sum + confidence, 0) / of.length
}
