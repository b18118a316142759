import type { RedisClient } from '@tickstock/event-log'
import {
  createServer,
  type EdgeConfig,
  health,
  identity,
  type Logger,
  metrics,
  performanceLog,
  rateLimit
} from '@tickstock/service-kit'
import type { Registry } from 'prom-client'
import type { Config } from './config.ts'
import type { SavedFilters } from './domain/saved-filters.ts'
import type { SectorListing } from './domain/sector-listing.ts'
import type { SymbolDirectory } from './domain/symbol-directory.ts'
import type { UniverseImport } from './domain/universe-import.ts'
import type { Universes } from './domain/universes.ts'
import type { Watchlists } from './domain/watchlists.ts'
import { filterRoutes } from './routes/filters.ts'
import { sectorRoutes } from './routes/sectors.ts'
import { symbolRoutes } from './routes/symbols.ts'
import { universeRoutes } from './routes/universe.ts'
import { universeFileRoutes } from './routes/universe-file.ts'
import { watchlistRoutes } from './routes/watchlists.ts'

export const SERVICE = 'user-universe'

export interface Dependencies {
  readonly config: Pick<Config, 'DRAIN_MS'> & EdgeConfig
  readonly logger: Logger
  readonly registry: Registry
  readonly symbols: SymbolDirectory
  readonly sectors: SectorListing
  readonly universes: Universes
  readonly watchlists: Watchlists
  readonly filters: SavedFilters
  readonly imports: UniverseImport
  /** Where it is recorded how long requests take. Default: nowhere. */
  readonly performance?: RedisClient | undefined
  readonly database: { readonly pingReader: () => Promise<void>; readonly pingWriter: () => Promise<void> }
}

/** What the service answers. */
export function buildApp({
  config,
  logger,
  registry,
  symbols,
  sectors,
  universes,
  watchlists,
  filters,
  imports,
  performance,
  database
}: Dependencies) {
  const app = createServer({ logger, config })

  app.register(health, {
    service: SERVICE,
    drainMs: config.DRAIN_MS,
    checks: { reader: () => database.pingReader(), writer: () => database.pingWriter() }
  })
  app.register(metrics, { service: SERVICE, registry })
  app.register(performanceLog, { service: SERVICE, registry, redis: performance })
  app.register(identity, { config, optional: true, scopes: { read: 'universe:read', write: 'universe:write' } })
  app.register(rateLimit, { config })
  app.register(symbolRoutes, { symbols })
  app.register(sectorRoutes, { sectors })
  app.register(universeRoutes, { universes })
  app.register(watchlistRoutes, { universes, watchlists })
  app.register(filterRoutes, { universes, filters })
  app.register(universeFileRoutes, { universes, imports })

  return app
}
