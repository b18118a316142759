import { runService } from '@tickstock/service-kit'
import { buildApp, SERVICE } from './app.ts'
import { config } from './config.ts'
import { SectorListing } from './domain/sector-listing.ts'
import { startKeyPurge } from './feeds/key-purge.ts'
import { openPerformance } from './performance.ts'
import { PostgresImport } from './stores/postgres-import.ts'
import { PostgresSavedFilters } from './stores/postgres-saved-filters.ts'
import { readSectors } from './stores/postgres-sectors.ts'
import { PostgresWatchlists } from './stores/postgres-watchlists.ts'
import { openUniverse } from './universe.ts'

void runService({
  service: SERVICE,
  schema: config,
  start: async context => {
    const { database, universes, symbols } = openUniverse(context)
    const sectors = new SectorListing(
      () => readSectors(database),
      () => performance.now()
    )
    const watchlists = new PostgresWatchlists(database)
    const filters = new PostgresSavedFilters(database)
    const imports = new PostgresImport(database)
    startKeyPurge({ ...context, database })
    return buildApp({
      ...context,
      performance: openPerformance(context),
      database,
      symbols,
      sectors,
      universes,
      watchlists,
      filters,
      imports
    })
  }
})
