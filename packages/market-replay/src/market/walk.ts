import { marketCloses } from '../indicators/relative-strength.ts'
import type { Universe } from '../universe/universe.ts'
import type { Occurrence } from './found-pattern.ts'
import { session } from './session.ts'
import { Track } from './track.ts'

/** An occurrence and where in the bars it stands. */
export interface Step {
  readonly occurrence: Occurrence
  /** Trading day, counted from 1, of `days`. */
  readonly day: number
  readonly days: number
}

/**
 * Goes through all bars once, oldest first, and tells what happens to patterns, as it would have been known at the
 * time: no decision looks at a later bar.
 *
 * Each day first gives the session of the `watched` symbols most worth watching by the day before (intraday and
 * combo), then the close of all symbols (daily).
 * It is pulled: what nobody asks for is not computed. The same universe gives the same steps.
 */
export function* walk(universe: Universe, watched: number): Generator<Step> {
  const tracks = universe.series.map(series => new Track(series, universe.warmUp))
  const market = marketCloses(universe.index.bars())
  const times = tradingDays(universe)
  for (const [at, time] of times.entries()) {
    const place = { day: at + 1, days: times.length }
    for (const occurrence of session(universe, mostInteresting(tracks, watched), time)) yield { occurrence, ...place }
    for (const track of tracks) {
      for (const occurrence of track.close(time, market)) yield { occurrence, ...place }
    }
  }
}

/**
 * Days on which something can be found. Derived series share the days of the index, so theirs are not made for
 * this.
 */
function tradingDays({ series, index, warmUp }: Universe): number[] {
  const own = series.filter(({ synthetic }) => !synthetic)
  const sources = own.length > 0 ? own : [index]
  const times = sources.flatMap(source =>
    source
      .bars()
      .slice(warmUp)
      .map(({ time }) => time)
  )
  return [...new Set(times)].sort((one, other) => one - other)
}

function mostInteresting(tracks: readonly Track[], count: number): Track[] {
  if (count === 0) return []
  return tracks
    .filter(track => track.at >= 0)
    .map(track => ({ track, interest: track.interest }))
    .sort((one, other) => other.interest - one.interest)
    .slice(0, count)
    .map(({ track }) => track)
}
