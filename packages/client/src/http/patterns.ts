import {
  checkOf,
  type DisplayAnswer,
  exportPatterns,
  getPattern,
  getPatternHistory,
  listPatternTypes,
  Pattern,
  type PatternHealth,
  type PatternHistory,
  type PatternPerformance,
  type PatternStats,
  type PatternSummary,
  type PatternTypes,
  patternHealth,
  patternPerformance,
  patternStats,
  type ScanAnswer,
  type ScanQuery,
  type ScanSelection,
  summarisePatterns
} from '@tickstock/contracts'
import { linesOf } from './answer-stream.ts'
import type { Caller, CallOptions } from './caller.ts'
import { RequestError } from './request-error.ts'
import { scanDisplay, scanFull } from './scans.ts'

/** What pages are asked for by, when one follows the other: not by number. */
export type WalkQuery = Omit<ScanQuery, 'view' | 'page' | 'cursor'>

const patterns = checkOf(Pattern)

/** Live patterns. All throw a RequestError. */
export class Patterns {
  readonly #caller: Caller

  constructor(caller: Caller) {
    this.#caller = caller
  }

  scan(query: Omit<ScanQuery, 'view'> = {}, options?: CallOptions): Promise<ScanAnswer> {
    return this.#caller.call(scanFull, { query }, options)
  }

  /** The same as ready-made rows. */
  scanDisplay(query: Omit<ScanQuery, 'view'> = {}, options?: CallOptions): Promise<DisplayAnswer> {
    return this.#caller.call(scanDisplay, { query: { ...query, view: 'display' } }, options)
  }

  /** Page after page to the last, by cursor: what lives and matches all the while comes once, whatever moves meanwhile. */
  async *pages(query: WalkQuery = {}, options?: CallOptions): AsyncGenerator<ScanAnswer, void> {
    let answer = await this.scan(query, options)
    yield answer
    while (answer.next_cursor !== null) {
      answer = await this.scan({ ...query, cursor: answer.next_cursor }, options)
      yield answer
    }
  }

  /** All that match, one by one, in pages of 100 where the query does not say how many. */
  async *all(query: WalkQuery = {}, options?: CallOptions): AsyncGenerator<Pattern, void> {
    for await (const page of this.pages({ per_page: 100, ...query }, options)) yield* page.patterns
  }

  get(id: string, options?: CallOptions): Promise<Pattern> {
    return this.#caller.call(getPattern, { params: { id } }, options)
  }

  history(id: string, options?: CallOptions): Promise<PatternHistory> {
    return this.#caller.call(getPatternHistory, { params: { id } }, options)
  }

  summary(options?: CallOptions): Promise<PatternSummary> {
    return this.#caller.call(summarisePatterns, {}, options)
  }

  types(options?: CallOptions): Promise<PatternTypes> {
    return this.#caller.call(listPatternTypes, {}, options)
  }

  stats(options?: CallOptions): Promise<PatternStats> {
    return this.#caller.call(patternStats, {}, options)
  }

  performance(options?: CallOptions): Promise<PatternPerformance> {
    return this.#caller.call(patternPerformance, {}, options)
  }

  health(options?: CallOptions): Promise<PatternHealth> {
    return this.#caller.call(patternHealth, {}, options)
  }

  /** All that match, as they stood when the answer began, streamed: whoever stops reading ends it. */
  async *export(query: ScanSelection = {}, options?: CallOptions): AsyncGenerator<Pattern, void> {
    const stream = await this.#caller.stream(exportPatterns, { query: { ...query, format: 'ndjson' } }, options)
    for await (const line of linesOf(stream)) yield patternOf(line)
  }

  /** The same as a table, to be written where it is wanted. */
  exportCsv(query: ScanSelection = {}, options?: CallOptions): Promise<ReadableStream<Uint8Array>> {
    return this.#caller.stream(exportPatterns, { query: { ...query, format: 'csv' } }, options)
  }
}

function patternOf(line: string): Pattern {
  const value = jsonOf(line)
  if (patterns.accepts(value)) return value
  const fault = patterns.fault(value)
  throw new RequestError(`a line of the export is no pattern: ${fault?.path} ${fault?.message}`, { temporary: false })
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch (cause) {
    throw new RequestError('a line of the export is not JSON', { temporary: false, cause })
  }
}
