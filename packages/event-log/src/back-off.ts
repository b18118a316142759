import { setTimeout as delay } from 'node:timers/promises'

export interface BackOffBounds {
  /** Longest wait after the first failure, ms. */
  readonly firstMs: number
  /** Longest wait of all, ms. */
  readonly longestMs: number
}

/** Everything waits for Redis, and refused attempts, one a reader and second, cost a Redis that starts nothing. */
const FOR_REDIS: BackOffBounds = { firstMs: 100, longestMs: 1_000 }

/**
 * How long to wait after so many failures in a row (1 or more), ms. Exponential, with full jitter, so that all who wait for a server that comes back
 * do not come at once. ioredis' own adds at most 200 ms of jitter; p-retry's loses its jitter at the limit.
 */
export const waitAfter = (failures: number, { firstMs, longestMs }: BackOffBounds): number =>
  Math.random() * Math.min(longestMs, firstMs * 2 ** (failures - 1))

/** Waits {@link waitAfter} so many failures; by default as long as one waits for Redis. Ends at once when aborted. */
export const backOff = (failures: number, abort: AbortSignal, bounds = FOR_REDIS): Promise<void> =>
  pause(waitAfter(failures, bounds), abort)

/** Waits for so many ms. Ends at once when aborted. */
export async function pause(ms: number, abort: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal: abort }).catch(unlessAborted(abort))
}

const unlessAborted = (abort: AbortSignal) => (error: unknown) => {
  if (!abort.aborted) throw error
}
