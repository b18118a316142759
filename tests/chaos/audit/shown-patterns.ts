import type { Channel, PatternEvent, Position } from '@tickstock/contracts'
import type { LivePatterns } from './live-patterns.ts'
import { type Change, passes } from './matching.ts'
import type { Selection } from './selections.ts'
import type { Truth } from './truth.ts'

/** Of each pattern its `updated_at`, by id. */
type Patterns = Map<string, number>

interface Comparison extends Position {
  readonly patterns: ReadonlyMap<string, number>
  readonly selections: readonly Selection[]
}

/** A set is copied for each comparison: so many are enough for one subscription. */
const MOST_COMPARISONS = 10

/** Differences that one finding names. */
const MOST_TOLD = 5

/** The patterns that a client shows which began with a snapshot and applies the events after it, and what they should be. */
export class ShownPatterns {
  readonly #channel: Channel
  readonly #truth: Truth
  #coming: Patterns = new Map()
  #patterns: Patterns | undefined
  /** The snapshot may know what the log had up to here: the set is right from here on. */
  #rightFrom: Position | undefined
  readonly #comparisons: Comparison[] = []

  constructor(channel: Channel, truth: Truth) {
    this.#channel = channel
    this.#truth = truth
  }

  begin(): void {
    this.#coming = new Map()
    this.#patterns = undefined
  }

  page(patterns: Iterable<readonly [id: string, updated: number]>): void {
    for (const [id, updated] of patterns) this.#coming.set(id, updated)
  }

  /** @param time ms: when its last page came */
  complete({ epoch, offset }: Position, time: number): void {
    const { top = offset } = this.#truth.seenAfter(this.#channel, epoch, time) ?? {}
    this.#patterns = this.#coming
    this.#rightFrom = { epoch, offset: Math.max(offset, top) }
  }

  /** As a client does that keeps a set by what the protocol says of `change`. */
  apply(event: PatternEvent, change: Change): void {
    const { id } = event.pattern
    const known = this.#patterns?.get(id) ?? 0
    const moment = event.kind === 'pattern_expired' ? (event.ends ?? event.published_at) : event.published_at
    // A snapshot may be newer than its position: an event may say less than it does.
    if (change === 'late' || moment < known) return
    if (change === 'left' || event.kind === 'pattern_expired') this.#patterns?.delete(id)
    else this.#patterns?.set(id, event.pattern.updated_at)
  }

  /** Notes what is shown when everything up to a position was applied, under one of these selections. */
  compare({ epoch, offset }: Position, selections: readonly Selection[]): void {
    const from = this.#rightFrom
    if (this.#patterns === undefined || from?.epoch !== epoch || from.offset > offset) return
    const last = this.#comparisons.at(-1)
    if (last?.epoch === epoch && last.offset === offset) return
    if (this.#comparisons.length === MOST_COMPARISONS) this.#comparisons.splice(MOST_COMPARISONS / 2, 1)
    this.#comparisons.push({ epoch, offset, patterns: new Map(this.#patterns), selections })
  }

  /** What was shown otherwise than the log says, since it was last asked. */
  *differences(): Iterable<string> {
    for (const { epoch, offset, patterns, selections } of this.#comparisons.splice(0)) {
      const live = this.#truth.liveAt(this.#channel, { epoch, offset })
      const all = selections.map(({ filter }) => differencesOf(patterns, live, filter))
      const [least = []] = all.toSorted((one, other) => one.length - other.length)
      const told = least.slice(0, MOST_TOLD).join(', ')
      if (least.length > 0) yield `at ${epoch}:${offset}, ${patterns.size} shown, ${least.length} wrong: ${told}`
    }
  }
}

function differencesOf(
  patterns: ReadonlyMap<string, number>,
  live: LivePatterns,
  filter: Selection['filter']
): string[] {
  const wanted = new Map<string, number>()
  for (const pattern of live.patterns()) if (passes(pattern, filter)) wanted.set(pattern.id, pattern.updated_at)
  const absent = [...wanted.keys()].filter(id => !patterns.has(id))
  const extra = [...patterns.keys()].filter(id => !wanted.has(id))
  const other = [...wanted].filter(([id, updated]) => patterns.has(id) && patterns.get(id) !== updated)
  return [
    ...absent.map(id => `${id} is absent`),
    ...extra.map(id => `${id} is not live or does not match`),
    ...other.map(([id]) => `${id} is not as it was updated last`)
  ]
}
