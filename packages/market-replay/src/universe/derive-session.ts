import type { Bar } from '../bars/bar.ts'
import { blockBootstrap } from './block-bootstrap.ts'
import type { Move } from './moves.ts'
import { seededRandom } from './random.ts'
import { sessionOpen } from './session-hours.ts'

/** Size of an intraday bar, ms. */
export const INTRADAY_BAR_MS = 300_000

/** 09:30 to 16:00 in bars of five minutes. */
export const BARS_PER_SESSION = 78

/**
 * Synthetic five-minute bars of one daily bar, the same for the same seed and symbol.
 *
 * They are a path of real moves drawn in blocks and bent so that it agrees with the day: the first open, the highest high, the lowest low, the
 * last close and the sum of volumes are the day's own. Trading is heavier near the open and the close (the known U shape).
 * What happens within is made up: the series is synthetic even where the daily bar is real.
 */
export function deriveSession(symbol: string, seed: string, day: Bar, pool: readonly Move[]): Bar[] {
  const random = seededRandom(`${seed}:session:${symbol}:${day.time}`)
  const drawn = blockBootstrap(random, pool.length)
  const moves = Array.from({ length: BARS_PER_SESSION }, () => pool[drawn.next().value]).filter(
    move => move !== undefined
  )

  const path = bridge(moves, Math.log(day.open), Math.log(day.close))
  const { high, low } = { high: Math.log(day.high), low: Math.log(day.low) }
  const bent = stretch(path, {
    high,
    low,
    top: Math.log(Math.max(day.open, day.close)),
    bottom: Math.log(Math.min(day.open, day.close))
  })
  const wick = (high - low) / BARS_PER_SESSION ** 0.5
  const usualWick = moves.reduce((sum, move) => sum + move.above + move.below, 0) / (2 * moves.length) || 1
  const weights = moves.map((move, at) => move.volume * (1 + 1.5 * (2 * (at / (BARS_PER_SESSION - 1)) - 1) ** 2))
  const weightSum = weights.reduce((sum, weight) => sum + weight, 0)
  const start = sessionOpen(day.time)

  const bars = moves.map((move, at) => {
    const open = bent[at] ?? 0
    const close = bent[at + 1] ?? open
    const reach = (size: number) => 0.35 * wick * (size / usualWick)
    return {
      time: start + at * INTRADAY_BAR_MS,
      open: Math.exp(open),
      high: Math.exp(Math.min(high, Math.max(open, close) + reach(move.above))),
      low: Math.exp(Math.max(low, Math.min(open, close) - reach(move.below))),
      close: Math.exp(close),
      volume: Math.round((day.volume * (weights[at] ?? 0)) / weightSum)
    }
  })
  return touchExtremes(bars, day).map(inCents)
}

/** A path of the moves' returns from one log price to another: the difference is spread evenly over the bars. */
function bridge(moves: readonly Move[], from: number, to: number): number[] {
  const walk = [0]
  for (const move of moves) walk.push((walk.at(-1) ?? 0) + move.gap + move.body)
  const end = walk.at(-1) ?? 0
  return walk.map((value, at) => from + value + ((to - from - end) * at) / moves.length)
}

interface Bounds {
  readonly high: number
  readonly low: number
  /** The higher and the lower of open and close. */
  readonly top: number
  readonly bottom: number
}

/** Bends what lies above the day's body so that its peak is the high, and what lies below so that its trough is the low. */
function stretch(path: readonly number[], { high, low, top, bottom }: Bounds): number[] {
  const peak = Math.max(...path) - top
  const trough = bottom - Math.min(...path)
  return path.map(value => {
    if (value > top) return top + ((value - top) / peak) * (high - top)
    if (value < bottom) return bottom - ((bottom - value) / trough) * (bottom - low)
    return value
  })
}

/** The bar nearest to an extreme of the day reaches it with its shadow. */
function touchExtremes(bars: readonly Bar[], day: Bar): Bar[] {
  const highest = Math.max(...bars.map(bar => bar.high))
  const lowest = Math.min(...bars.map(bar => bar.low))
  const peak = bars.findIndex(bar => bar.high === highest)
  const trough = bars.findIndex(bar => bar.low === lowest)
  return bars.map((bar, at) => ({
    ...bar,
    high: at === peak ? day.high : bar.high,
    low: at === trough ? day.low : bar.low
  }))
}

const cents = (price: number) => Math.max(1, Math.round(price * 100)) / 100

const inCents = (bar: Bar): Bar => ({
  ...bar,
  open: cents(bar.open),
  high: cents(bar.high),
  low: cents(bar.low),
  close: cents(bar.close)
})
