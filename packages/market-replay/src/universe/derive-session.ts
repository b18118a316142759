import type { Bar } from '../bars/bar.ts'
import { valueAt } from '../indicators/study.ts'
import { blockBootstrap } from './block-bootstrap.ts'
import type { Move } from './moves.ts'
import { integer, type Random, seededRandom } from './random.ts'
import { sessionOpen } from './session-hours.ts'

/** Size of an intraday bar, ms. */
export const INTRADAY_BAR_MS = 300_000

/** 09:30 to 16:00 in bars of five minutes. */
export const BARS_PER_SESSION = 78

/**
 * Share of the day's range that one bar's move and one shadow take: body to range then is the 0.5 of real five-
 * minute bars.
 */
const STEP = 0.08
const SHADOW = 1.2

/**
 * Synthetic five-minute bars of one daily bar, the same for the same seed and symbol.
 *
 * The path starts at the day's open, touches its high and its low at drawn times and ends at its close; between them it
 * is bent from real moves drawn in blocks (`pool`, evened out) and turned back at the day's extremes. First open,
 * highest high, lowest low, last close and the sum of volumes are the day's own.
 * Trading is heavier near the open and the close (the known U shape).
 * What happens within is made up: the series is synthetic even where the daily bar is real.
 */
export function deriveSession(symbol: string, seed: string, day: Bar, pool: readonly Move[]): Bar[] {
  const random = seededRandom(`${seed}:session:${symbol}:${day.time}`)
  const drawn = blockBootstrap(random, pool.length)
  const moves = Array.from({ length: BARS_PER_SESSION }, () => pool[drawn.next().value]).filter(
    move => move !== undefined
  )
  const range = Math.log(day.high / day.low)
  const path = pathOf(day, moves, waypoints(day, random)).map(log => within(log, Math.log(day.low), Math.log(day.high)))
  const weights = moves.map((move, at) => move.volume * (1 + 1.5 * (2 * (at / (BARS_PER_SESSION - 1)) - 1) ** 2))
  const weightSum = weights.reduce((sum, weight) => sum + weight, 0)
  const start = sessionOpen(day.time)

  return moves.map((move, at) => {
    const open = valueAt(path, at)
    const close = valueAt(path, at + 1)
    const shadow = SHADOW * STEP * range
    return {
      time: start + at * INTRADAY_BAR_MS,
      open: rounded(Math.exp(open)),
      high: rounded(Math.min(day.high, Math.exp(Math.max(open, close) + shadow * move.above))),
      low: rounded(Math.max(day.low, Math.exp(Math.min(open, close) - shadow * move.below))),
      close: rounded(Math.exp(close)),
      volume: Math.round((day.volume * valueAt(weights, at)) / weightSum)
    }
  })
}

interface Waypoint {
  readonly at: number
  readonly log: number
}

/** Where the path must pass: the extremes at two drawn times, the low first on a day that rose. */
function waypoints(day: Bar, random: Random): [Waypoint, ...Waypoint[]] {
  const one = 1 + integer(random, BARS_PER_SESSION - 1)
  const other = 1 + ((one + integer(random, BARS_PER_SESSION - 2)) % (BARS_PER_SESSION - 1))
  const rose = day.close >= day.open
  return [
    { at: 0, log: Math.log(day.open) },
    { at: Math.min(one, other), log: Math.log(rose ? day.low : day.high) },
    { at: Math.max(one, other), log: Math.log(rose ? day.high : day.low) },
    { at: BARS_PER_SESSION, log: Math.log(day.close) }
  ]
}

/** Log prices at the edges of all bars: bridges of the moves from waypoint to waypoint. */
function pathOf(day: Bar, moves: readonly Move[], [start, ...rest]: readonly [Waypoint, ...Waypoint[]]): number[] {
  const scale = STEP * Math.log(day.high / day.low)
  const path = [start.log]
  let from = start
  for (const to of rest) {
    const steps = moves.slice(from.at, to.at).map(move => scale * (move.gap + move.body))
    const drift = (to.log - from.log - steps.reduce((sum, step) => sum + step, 0)) / steps.length
    let log = from.log
    for (const step of steps) {
      log += step + drift
      path.push(log)
    }
    from = to
  }
  return path
}

/** Turns back at the bounds what would cross them. */
function within(value: number, low: number, high: number): number {
  const turned = value > high ? 2 * high - value : value < low ? 2 * low - value : value
  return Math.min(high, Math.max(low, turned))
}

/** Hundredths of a cent: in whole cents most five-minute bars of a cheap stock would open and close level. */
const rounded = (price: number) => Math.round(price * 10_000) / 10_000
