import type { StartContext } from '@tickstock/service-kit'
import { ConfigError } from '@tickstock/service-kit'
import { Counter, type Registry } from 'prom-client'
import type { Config } from './config.ts'
import type { SymbolDirectory } from './domain/symbol-directory.ts'
import type { Universes } from './domain/universes.ts'
import type { OutboxRelay } from './feeds/outbox-relay.ts'
import { startRelay } from './feeds/start-relay.ts'
import type { CacheTimeouts } from './stores/cache/cache-link.ts'
import { CachedSymbolDirectory } from './stores/cache/cached-symbol-directory.ts'
import { CachedUniverses } from './stores/cache/cached-universes.ts'
import { openUniverseCache } from './stores/cache/universe-cache.ts'
import { Database } from './stores/database.ts'
import { PostgresSymbolDirectory } from './stores/postgres-symbol-directory.ts'
import type { ReadPlace } from './stores/replicas.ts'

export type UniverseConfig = Pick<
  Config,
  | 'DATABASE_READ_URL'
  | 'DATABASE_REPLICA_URLS'
  | 'DATABASE_WRITE_URL'
  | 'DATABASE_RELAY_URL'
  | 'DATABASE_POOL_SIZE'
  | 'REDIS_URL'
>

export interface OpenUniverseOptions extends Omit<StartContext<UniverseConfig>, 'config'> {
  readonly config: UniverseConfig
  readonly cacheTimeouts?: CacheTimeouts | undefined
}

export interface OpenUniverse {
  readonly database: Database
  readonly universes: Universes
  readonly symbols: SymbolDirectory
}

/**
 * Opens Postgres, and with a Redis the cache before it and the stream of changes behind it. What is opened is the lifetime's to
 * close. Waits for neither.
 *
 * @throws ConfigError where only one of the two is configured that the stream needs
 */
export function openUniverse({ config, logger, lifetime, registry, cacheTimeouts }: OpenUniverseOptions): OpenUniverse {
  const { REDIS_URL: redisUrl, DATABASE_RELAY_URL: relayUrl } = config
  if ((redisUrl === undefined) !== (relayUrl === undefined)) {
    throw new ConfigError([
      'REDIS_URL and DATABASE_RELAY_URL: expected both or neither, since edits go from one to the other'
    ])
  }
  const readFrom = countReads(registry)
  if (redisUrl === undefined) logger.warn('no REDIS_URL: every read goes to Postgres, and nobody is told of edits')

  let relay: OutboxRelay | undefined
  const cache = openUniverseCache({
    redisUrl,
    logger,
    registry,
    restored: () => relay?.wake(),
    relayed: async user => relay?.relayed(user),
    timeouts: cacheTimeouts
  })
  lifetime.own('cache', () => cache.close())
  const database = new Database(config, logger, { witness: cache.witness, readFrom })
  lifetime.own('database', () => database.close())
  const { link } = cache
  if (link && relayUrl !== undefined) {
    const universeOf = (text: string) => cache.universes.valueOf(text)
    relay = startRelay({ link, relayUrl, universeOf, logger, lifetime, registry })
  }
  return {
    database,
    universes: new CachedUniverses(cache.universes, database),
    symbols: new CachedSymbolDirectory(new PostgresSymbolDirectory(database), cache.pages, cache.symbols)
  }
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
