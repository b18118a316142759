import { runService } from '@tickstock/service-kit'
import { buildApp, SERVICE } from './app.ts'
import { config } from './config.ts'
import { Database } from './stores/database.ts'
import { PostgresSavedFilters } from './stores/postgres-saved-filters.ts'
import { PostgresSymbolDirectory } from './stores/postgres-symbol-directory.ts'
import { PostgresUniverses } from './stores/postgres-universes.ts'
import { PostgresWatchlists } from './stores/postgres-watchlists.ts'

await runService({
  service: SERVICE,
  schema: config,
  start: async ({ config, logger, lifetime, registry }) => {
    const database = new Database(config, logger)
    lifetime.own('database', () => database.close())

    const symbols = new PostgresSymbolDirectory(database)
    const universes = new PostgresUniverses(database)
    const watchlists = new PostgresWatchlists(database)
    const filters = new PostgresSavedFilters(database)
    return buildApp({ config, logger, registry, database, symbols, universes, watchlists, filters })
  }
})
