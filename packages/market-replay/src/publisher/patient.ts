import { setTimeout as delay } from 'node:timers/promises'
import type { Publisher } from './publisher.ts'

const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 5_000

export interface Patience {
  readonly signal: AbortSignal
  /** Told of each failure, with the pause until the next try (ms). */
  readonly onOutage: (error: unknown, pause: number) => void
}

/**
 * A publisher that outlasts an outage of Redis: it repeats the same batch, in order, with pauses that double up to 5 s,
 * each shortened by up to half at random so that several producers do not come back at once. Nothing queues up
 * meanwhile: whoever publishes waits.
 *
 * @throws AbortError once the signal is aborted
 */
export const patientPublisher = (inner: Publisher, { signal, onOutage }: Patience): Publisher => ({
  async publish(batch) {
    for (let attempt = 0; ; attempt++) {
      try {
        return await inner.publish(batch)
      } catch (error) {
        signal.throwIfAborted()
        const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt) * (1 - Math.random() / 2)
        onOutage(error, pause)
        await delay(pause, undefined, { signal })
      }
    }
  }
})
