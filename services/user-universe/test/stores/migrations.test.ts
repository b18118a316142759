import { readdir, readFile } from 'node:fs/promises'
import { startPostgres } from '@tickstock/test-kit'
import t from 'tap'
import { migrateTables } from '../../src/stores/migrations.ts'
import { prepareRoles } from '../../src/stores/roles.ts'
import { schemaOf } from '../fixtures/schema-of.ts'
import { asRole, emptyDatabase } from '../fixtures/universe-database.ts'

const server = await startPostgres(t)
const files = await readdir(new URL('../../migrations', import.meta.url))
const all = files.map(file => file.replace('.sql', '')).sort()

t.test('the migrations make what schema.sql says, once', async t => {
  const urls = await emptyDatabase(t, server)

  t.strictSame(await migrateTables(urls.DATABASE_OWNER_URL), all)
  await prepareRoles(urls)
  t.strictSame(await migrateTables(urls.DATABASE_OWNER_URL), [])

  const golden = await readFile(new URL('../../schema.sql', import.meta.url), 'utf8')
  t.equal(await schemaOf(urls.superuser), golden, 'else: node --conditions=@tickstock/source test/update-schema.ts')
})

t.test('jobs that run at once take turns', async t => {
  const urls = await emptyDatabase(t, server)

  const runs = await Promise.all([1, 2, 3, 4].map(() => migrateTables(urls.DATABASE_OWNER_URL)))

  t.strictSame(runs.flat(), all)
})

t.test('a migration that fails is named, and nothing of any is left', async t => {
  const urls = await emptyDatabase(t, server)
  await asRole(urls.DATABASE_OWNER_URL, client => client.query('CREATE TABLE user_watchlists ()'))

  await t.rejects(migrateTables(urls.DATABASE_OWNER_URL), {
    name: 'MigrationError',
    message: '002_user_watchlists: relation "user_watchlists" already exists'
  })

  const { rows } = await asRole(urls.superuser, client => client.query("SELECT to_regclass('symbols') AS found"))
  t.strictSame(rows, [{ found: null }])
})

t.test('an owner that cannot log in is an error that says so', async t => {
  const urls = await emptyDatabase(t, server)

  await t.rejects(migrateTables(urls.DATABASE_OWNER_URL.replace('owner-pw', 'wrong')), {
    message: /password authentication failed/
  })
})

t.test('a database newer than this release is refused', async t => {
  const urls = await emptyDatabase(t, server)
  await migrateTables(urls.DATABASE_OWNER_URL)
  await asRole(urls.DATABASE_OWNER_URL, client =>
    client.query("INSERT INTO kysely_migration (name, timestamp) VALUES ('999_tomorrow', now())")
  )

  await t.rejects(migrateTables(urls.DATABASE_OWNER_URL), {
    name: 'MigrationError',
    message: /^the migrations: .*999_tomorrow/
  })
})
