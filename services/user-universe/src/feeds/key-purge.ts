import { pause } from '@tickstock/event-log'
import type { Lifetime, Logger } from '@tickstock/service-kit'
import type { Database } from '../stores/database.ts'

export interface KeyPurgeOptions {
  readonly database: Pick<Database, 'write'>
  readonly logger: Logger
  readonly lifetime: Pick<Lifetime, 'own'>
  /** How often, ms. Default: each hour. */
  readonly every?: number
}

const HOUR = 60 * 60 * 1_000

/**
 * Removes Idempotency-Keys that are older than a day, everybody's, until the lifetime ends. Each replica does: what one
 * leaves to another is only later.
 */
export function startKeyPurge({ database, logger, lifetime, every = HOUR }: KeyPurgeOptions): void {
  const stop = new AbortController()
  const running = purgeUntil(stop.signal)
  lifetime.own('purge of idempotency keys', async () => {
    stop.abort()
    await running
  })

  async function purgeUntil(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        // Which rows are old enough is the policy's to say: nobody can remove others.
        const { numDeletedRows } = await database.write(writer =>
          writer.deleteFrom('idempotency_keys').executeTakeFirstOrThrow()
        )
        if (numDeletedRows > 0n) logger.info({ keys: Number(numDeletedRows) }, 'removed old idempotency keys')
      } catch (error) {
        logger.warn({ err: error }, 'old idempotency keys could not be removed: they wait for the next time')
      }
      await pause(every, signal)
    }
  }
}
