import { integer, type Random } from './random.ts'

/** Mean length of a block, in bars: long enough to keep runs and clusters of volatility, short enough to mix. */
const MEAN_BLOCK = 12

/**
 * Indices into a real series, drawn by the stationary bootstrap: blocks of consecutive bars, of geometrically
 * distributed length, wrapped at the end. Source: Politis and Romano, "The Stationary Bootstrap", JASA 89 (1994).
 */
export function* blockBootstrap(random: Random, length: number): Generator<number, never> {
  let at = integer(random, length)
  for (;;) {
    yield at
    at = random() < 1 / MEAN_BLOCK ? integer(random, length) : (at + 1) % length
  }
}
