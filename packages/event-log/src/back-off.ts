import { setTimeout as delay } from 'node:timers/promises'

const BASE_MS = 50
/** Everything waits for Redis, and refused attempts, one a reader and second, cost a Redis that starts nothing. */
const LIMIT_MS = 1_000

/**
 * Waits, longer after each failure. Exponential, with full jitter, so that the readers of a Redis that comes back do not
 * come all at once. ioredis' own adds at most 200 ms of jitter; p-retry's loses its jitter at the limit. Ends at once
 * when aborted.
 */
export async function backOff(failures: number, abort: AbortSignal): Promise<void> {
  const longest = Math.min(LIMIT_MS, BASE_MS * 2 ** failures)
  await delay(Math.random() * longest, undefined, { signal: abort }).catch(unlessAborted(abort))
}

const unlessAborted = (abort: AbortSignal) => (error: unknown) => {
  if (!abort.aborted) throw error
}
