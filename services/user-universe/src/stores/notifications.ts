import { setTimeout as delay } from 'node:timers/promises'
import { backOff } from '@tickstock/event-log'
import type { Logger } from '@tickstock/service-kit'
import pg from 'pg'

/** How often it is looked whether the connection still answers, and how long that may take, ms. */
const WATCH = { every: 5_000, patience: 2_000 } as const

export interface NotificationsOptions {
  readonly url: string
  readonly channel: string
  readonly logger: Logger
  /** Called for each notification, and whenever one may have been missed. */
  readonly notified: () => void
}

/** Listens to a channel of Postgres, on a connection of its own, which is replaced when it breaks or stays mute. Ends when aborted; never rejects. */
export async function listen(options: NotificationsOptions, abort: AbortSignal): Promise<void> {
  for (let failures = 1; !abort.aborted; failures += 1) {
    try {
      await listenOnce(options, abort, () => {
        failures = 0
        options.notified()
      })
    } catch (error) {
      if (abort.aborted) return
      options.logger.warn({ err: error, failures }, 'Postgres cannot be listened to: asking it now and then')
      await backOff(failures, abort)
    }
  }
}

async function listenOnce(
  { url, channel, logger, notified }: NotificationsOptions,
  abort: AbortSignal,
  begun: () => void
) {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'user-universe listener',
    connectionTimeoutMillis: WATCH.patience,
    query_timeout: WATCH.patience,
    keepAlive: true
  })
  const broken = Promise.withResolvers<never>()
  broken.promise.catch(() => undefined)
  client.on('error', error => broken.reject(error))
  client.on('end', () => broken.reject(new Error('the connection was closed')))
  client.on('notification', notified)
  try {
    await client.connect()
    await client.query(`LISTEN ${pg.escapeIdentifier(channel)}`)
    begun()
    for (;;) {
      await Promise.race([delay(WATCH.every, undefined, { signal: abort }), broken.promise])
      await client.query('SELECT 1')
    }
  } finally {
    client.end().catch(error => logger.debug({ err: error }, 'the listening connection could not be ended'))
  }
}
