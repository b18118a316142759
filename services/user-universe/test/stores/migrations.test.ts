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

t.test('names that were two before, and are one now, stop no migration: the younger are renamed', async t => {
  const urls = await emptyDatabase(t, server)
  const [before, after] = [all.slice(0, 2), all.slice(2)]
  const zwj = '\u200d'
  const long = 'x'.repeat(98)
  await asRole(urls.DATABASE_OWNER_URL, async client => {
    await client.query('CREATE TABLE kysely_migration (name varchar(255) PRIMARY KEY, timestamp varchar(255) NOT NULL)')
    for (const name of before) {
      await client.query(await readFile(new URL(`../../migrations/${name}.sql`, import.meta.url), 'utf8'))
      await client.query('INSERT INTO kysely_migration VALUES ($1, now())', [name])
    }
  })
  const lists = [
    ['alice', 'Tech'],
    ['alice', `Te${zwj}ch`],
    ['alice', 'tech (2)'],
    ['alice', `${zwj}TECH`],
    ['alice', 'Banks'],
    ['alice', long],
    ['alice', `${long}${zwj}`],
    ['bob', `Te${zwj}ch`]
  ]
  await asRole(urls.superuser, async client => {
    for (const [age, [user, name]] of lists.entries()) {
      await client.query(
        `INSERT INTO user_watchlists (user_id, name, symbols, created_at)
         VALUES ($1, $2, '{}', timestamptz '2026-01-01' + $3 * interval '1 hour')`,
        [user, name, age]
      )
    }
  })

  t.strictSame(await migrateTables(urls.DATABASE_OWNER_URL), after)

  const { rows } = await asRole(urls.superuser, client =>
    client.query('SELECT user_id, name, version FROM user_watchlists ORDER BY created_at')
  )
  t.strictSame(
    rows.map(({ user_id, name, version }) => [user_id, name, version]),
    [
      ['alice', 'Tech', 1],
      ['alice', `Te${zwj}ch (3)`, 2],
      ['alice', 'tech (2)', 1],
      ['alice', `${zwj}TECH (4)`, 2],
      ['alice', 'Banks', 1],
      ['alice', long, 1],
      ['alice', `${'x'.repeat(96)} (2)`, 2],
      ['bob', `Te${zwj}ch`, 1]
    ]
  )
  const owned = await asRole(urls.DATABASE_OWNER_URL, client => client.query('SELECT FROM user_watchlists'))
  t.equal(owned.rowCount, 0, 'the owner sees no row again')
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
