import type { Bar } from '../bars/bar.ts'
import { blockBootstrap } from './block-bootstrap.ts'
import type { Move } from './moves.ts'
import { logUniform, seededRandom } from './random.ts'

/**
 * What is real: the market's own bars over the period, their moves, and the moves of its whole history to draw
 * from.
 */
export interface MarketHistory {
  readonly bars: readonly Bar[]
  /** `moves[n]` belongs to `bars[n]`. */
  readonly moves: readonly Move[]
  /** Driftless moves of the whole history. */
  readonly pool: readonly Move[]
}

/** The last close of a derived series lies between these. */
const LAST_PRICE = { low: 8, high: 400 } as const

/**
 * Sums of two moves have shorter bodies than the moves had, not shorter shadows: this keeps body to range at the
 * 0.47 of real stocks.
 */
const WICK = 0.9

/**
 * A synthetic daily series, the same for the same seed and symbol.
 *
 * Each bar is `beta` times the market's real move of the same day plus `own` times a real move of another day, drawn
 * in blocks:
 * so symbols move with the market and each by itself, with the real tails, ranges and clusters of volatility.
 * Volume is that of the drawn day to the power of `restlessness`: one symbol's volume swings more than the sum of all.
 * The path is scaled to end at a price of {@link LAST_PRICE}, in whole cents.
 */
export function deriveDaily(symbol: string, seed: string, market: MarketHistory): Bar[] {
  const random = seededRandom(`${seed}:daily:${symbol}`)
  const beta = 0.4 + 1.2 * random()
  const own = 0.7 + 1.1 * random()
  const restlessness = 1.4 + random()
  const lastPrice = logUniform(random, LAST_PRICE.low, LAST_PRICE.high)
  const usualVolume = logUniform(random, 2e5, 3e7)
  const drawn = blockBootstrap(random, market.pool.length)

  let level = 0
  const shapes = market.bars.map((bar, at) => {
    const shared = market.moves[at]
    const alone = market.pool[drawn.next().value]
    if (!shared || !alone) throw new RangeError(`the market has no move for bar ${at}`)
    const open = level + beta * shared.gap + own * alone.gap
    const close = open + beta * shared.body + own * alone.body
    level = close
    return {
      time: bar.time,
      open,
      close,
      high: Math.max(open, close) + WICK * (beta * shared.above + own * alone.above),
      low: Math.min(open, close) - WICK * (beta * shared.below + own * alone.below),
      volume: Math.round(usualVolume * alone.volume ** restlessness * Math.sqrt(shared.volume))
    }
  })

  const price = (log: number) => Math.max(1, Math.round(100 * lastPrice * Math.exp(log - level))) / 100
  return shapes.map(shape => ({
    time: shape.time,
    open: price(shape.open),
    high: price(shape.high),
    low: price(shape.low),
    close: price(shape.close),
    volume: shape.volume
  }))
}
