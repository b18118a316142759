import { setTimeout as delay } from 'node:timers/promises'

const FIRST_MS = 50
const LONGEST_MS = 1_000

/** Waits, longer after each failure and by chance, so that replicas do not come back in one beat. Ends at once when aborted. */
export async function backOff(failures: number, abort: AbortSignal): Promise<void> {
  const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures, 10))
  try {
    await delay(longest / 2 + (Math.random() * longest) / 2, undefined, { signal: abort })
  } catch (error) {
    if (!abort.aborted) throw error
  }
}
