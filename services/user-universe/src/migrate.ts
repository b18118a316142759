import { loadConfig, redact } from '@tickstock/service-kit'
import { migrateConfig } from './config.ts'
import { migrateTables } from './stores/migrations.ts'
import { checkLogin, prepareRoles } from './stores/roles.ts'

// The job that runs before a release: tables, then roles, then a login as each. Repeating it changes nothing.
try {
  const config = loadConfig(migrateConfig, process.env)
  for (const migration of await migrateTables(config.DATABASE_OWNER_URL)) console.log(`migrated ${migration}`)
  for (const role of await prepareRoles(config)) console.log(`made role ${role}`)
  await checkLogin('DATABASE_READ_URL', config.DATABASE_READ_URL)
  await checkLogin('DATABASE_WRITE_URL', config.DATABASE_WRITE_URL)
  if (config.DATABASE_RELAY_URL !== undefined) await checkLogin('DATABASE_RELAY_URL', config.DATABASE_RELAY_URL)
  console.log('the database is up to date')
} catch (error) {
  console.error(redact(`cannot migrate: ${error instanceof Error ? error.message : String(error)}`))
  process.exitCode = 1
}
