export interface BackoffOptions {
  /** Longest wait before the second attempt, ms. */
  readonly baseMs: number
  /** Longest wait of all, ms. */
  readonly capMs: number
}

/**
 * Exponential backoff with full jitter: any wait from 0 to the bound is equally likely, so clients that were cut together
 * do not come back together. After "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 *
 * @param failures attempts that failed so far, 1 or more
 * @param random from 0 to 1
 * @returns milliseconds to wait
 */
export const backoff = (failures: number, random: number, { baseMs, capMs }: BackoffOptions): number =>
  random * Math.min(capMs, baseMs * 2 ** (failures - 1))
