import { loadConfig, redact } from '@tickstock/service-kit'
import { migrateConfig } from './config.ts'
import { migrateTables } from './stores/migrations.ts'
import { checkLogin, prepareRoles, ROLE_VARIABLES } from './stores/roles.ts'

/** The job that runs before a release: tables, then roles, then a login as each. Repeating it changes nothing. */
async function migrate(): Promise<void> {
  const config = loadConfig(migrateConfig, process.env)
  for (const migration of await migrateTables(config.DATABASE_OWNER_URL)) console.log(`migrated ${migration}`)
  for (const role of await prepareRoles(config)) console.log(`made role ${role}`)
  for (const variable of ROLE_VARIABLES) {
    const url = config[variable]
    if (url !== undefined) await checkLogin(variable, url)
  }
  console.log('the database is up to date')
}

migrate().catch((error: unknown) => {
  console.error(redact(`cannot migrate: ${error instanceof Error ? error.message : String(error)}`))
  process.exitCode = 1
})
