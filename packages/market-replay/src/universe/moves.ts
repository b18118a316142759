import type { Bar } from '../bars/bar.ts'
import { barAt } from '../indicators/study.ts'

/**
 * One real bar, told apart from its price level: what is drawn when another series is derived. All but volume are
 * logarithms.
 */
export interface Move {
  /** Close before → open. */
  readonly gap: number
  /** Open → close. */
  readonly body: number
  /** Higher end of the body → high, ≥ 0. */
  readonly above: number
  /** Low → lower end of the body, ≥ 0. */
  readonly below: number
  /** Volume against the mean of the 20 bars before, as a ratio. */
  readonly volume: number
}

const VOLUME_WINDOW = 20

/** The moves of a series; the first 20 bars only serve the volume mean, so move `n` belongs to bar `n + 20`. */
export function movesOf(bars: readonly Bar[]): Move[] {
  const volumes = bars.map(bar => bar.volume)
  return bars.slice(VOLUME_WINDOW).map((bar, at) => {
    const before = barAt(bars, at + VOLUME_WINDOW - 1)
    const sum = volumes.slice(at, at + VOLUME_WINDOW).reduce((total, volume) => total + volume, 0)
    return {
      gap: Math.log(bar.open / before.close),
      body: Math.log(bar.close / bar.open),
      above: Math.log(bar.high / Math.max(bar.open, bar.close)),
      below: Math.log(Math.min(bar.open, bar.close) / bar.low),
      volume: (bar.volume * VOLUME_WINDOW) / sum
    }
  })
}

/** The moves of an average day without direction, so that what is drawn adds shape and not drift. */
export function withoutDrift(moves: readonly Move[]): Move[] {
  const mean = (of: (move: Move) => number) => moves.reduce((sum, move) => sum + of(move), 0) / moves.length
  const gap = mean(move => move.gap)
  const body = mean(move => move.body)
  return moves.map(move => ({ ...move, gap: move.gap - gap, body: move.body - body }))
}

/**
 * The moves as they would be if every stretch were equally restless: each in units of the mean reach of the 20
 * before it.
 */
export function evenedOut(moves: readonly Move[]): Move[] {
  const reach = (move: Move) => Math.abs(move.gap + move.body) + move.above + move.below
  return moves.slice(VOLUME_WINDOW).map((move, at) => {
    const unit = moves.slice(at, at + VOLUME_WINDOW).reduce((sum, one) => sum + reach(one), 0) / VOLUME_WINDOW
    return { ...move, gap: move.gap / unit, body: move.body / unit, above: move.above / unit, below: move.below / unit }
  })
}
