export interface BackOffBounds {
  /** Longest wait after the first failure, ms. */
  readonly firstMs: number
  /** Longest wait of all, ms. */
  readonly longestMs: number
}

/**
 * Exponential backoff with full jitter: any wait from 0 to the bound is equally likely, so clients that were cut together
 * do not come back together. After "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 *
 * @param failures attempts that failed so far, 1 or more
 * @param random from 0 to 1
 * @returns milliseconds to wait
 */
export const waitAfter = (failures: number, random: number, { firstMs, longestMs }: BackOffBounds): number =>
  random * Math.min(longestMs, firstMs * 2 ** (failures - 1))
