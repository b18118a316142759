import type { StartContext } from '@tickstock/service-kit'
import { ConfigError } from '@tickstock/service-kit'
import { Counter, type Registry } from 'prom-client'
import type { Config } from './config.ts'
import type { Universes } from './domain/universes.ts'
import { OutboxRelay } from './feeds/outbox-relay.ts'
import { createRelayInstruments } from './feeds/relay-instruments.ts'
import { CachedUniverses } from './stores/cache/cached-universes.ts'
import { openUniverseCache } from './stores/cache/universe-cache.ts'
import { ChangeStream } from './stores/change-stream.ts'
import { Database } from './stores/database.ts'
import { listen } from './stores/notifications.ts'
import { Outbox } from './stores/outbox.ts'
import type { ReadPlace } from './stores/replicas.ts'

/** The channel on which the tables' triggers tell of a commit. */
const CHANNEL = 'universe_outbox'

export type UniverseConfig = Pick<
  Config,
  | 'DATABASE_READ_URL'
  | 'DATABASE_REPLICA_URLS'
  | 'DATABASE_WRITE_URL'
  | 'DATABASE_RELAY_URL'
  | 'DATABASE_POOL_SIZE'
  | 'REDIS_URL'
>

export interface OpenUniverse {
  readonly database: Database
  readonly universes: Universes
}

/**
 * Opens Postgres, and with a Redis the cache before it and the stream of changes behind it. What is opened is the lifetime's to
 * close. Waits for neither.
 *
 * @throws ConfigError where only one of the two is configured that the stream needs
 */
export function openUniverse({
  config,
  logger,
  lifetime,
  registry
}: Omit<StartContext<UniverseConfig>, 'config'> & { readonly config: UniverseConfig }): OpenUniverse {
  const { REDIS_URL: redisUrl, DATABASE_RELAY_URL: relayUrl } = config
  if ((redisUrl === undefined) !== (relayUrl === undefined)) {
    throw new ConfigError([
      'REDIS_URL and DATABASE_RELAY_URL: expected both or neither, since edits go from one to the other'
    ])
  }
  const readFrom = countReads(registry)
  if (redisUrl === undefined || relayUrl === undefined) {
    logger.warn('no REDIS_URL: every read goes to Postgres, and nobody is told of edits')
    const cache = openUniverseCache({ redisUrl, logger, registry, relayed: async () => undefined })
    const database = new Database(config, logger, { readFrom })
    lifetime.own('database', () => database.close())
    return { database, universes: new CachedUniverses(cache.universes, database) }
  }

  const cache = openUniverseCache({ redisUrl, logger, registry, relayed: user => relay.relayed(user) })
  lifetime.own('cache', () => cache.close())
  const database = new Database(config, logger, { witness: cache.witness, readFrom })
  lifetime.own('database', () => database.close())

  const outbox = new Outbox(relayUrl, logger)
  lifetime.own('outbox', () => outbox.close())
  const stream = new ChangeStream({ url: redisUrl, logger, universeOf: text => cache.universes.valueOf(text) })
  lifetime.own('change stream', () => stream.close())
  const relay = new OutboxRelay({ outbox, stream, logger, instruments: createRelayInstruments(registry) })

  const stop = new AbortController()
  const notified = () => relay.wake()
  const running = Promise.all([
    relay.run(stop.signal),
    listen({ url: relayUrl, channel: CHANNEL, logger, notified }, stop.signal)
  ])
  lifetime.own('relay', async () => {
    stop.abort()
    await running
  })
  return { database, universes: new CachedUniverses(cache.universes, database) }
}

function countReads(registry: Registry): (place: ReadPlace) => void {
  const reads = new Counter({
    name: 'user_universe_database_reads_total',
    help: 'Reads that came to Postgres, by where they went: lagging and away ones then went to the primary',
    labelNames: ['place'],
    registers: [registry]
  })
  return place => reads.inc({ place })
}
