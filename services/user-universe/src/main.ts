import { runService } from '@tickstock/service-kit'
import { buildApp, SERVICE } from './app.ts'
import { config } from './config.ts'
import { SectorListing } from './domain/sector-listing.ts'
import { PostgresSavedFilters } from './stores/postgres-saved-filters.ts'
import { readSectors } from './stores/postgres-sectors.ts'
import { PostgresSymbolDirectory } from './stores/postgres-symbol-directory.ts'
import { PostgresWatchlists } from './stores/postgres-watchlists.ts'
import { openUniverse } from './universe.ts'

await runService({
  service: SERVICE,
  schema: config,
  start: async context => {
    const { database, universes } = openUniverse(context)
    const symbols = new PostgresSymbolDirectory(database)
    const sectors = new SectorListing(() => readSectors(database))
    const watchlists = new PostgresWatchlists(database)
    const filters = new PostgresSavedFilters(database)
    return buildApp({ ...context, database, symbols, sectors, universes, watchlists, filters })
  }
})
