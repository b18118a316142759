import { startPostgres } from '@tickstock/test-kit'
import t from 'tap'
import { migrateTables } from '../../src/stores/migrations.ts'
import { checkLogin, prepareRoles } from '../../src/stores/roles.ts'
import { as, asRole, emptyDatabase, universeDatabase } from '../fixtures/universe-database.ts'

const server = await startPostgres(t)

t.test('missing roles are made with their passwords, whatever stands in them, and only once', async t => {
  const urls = await emptyDatabase(t, server)
  await migrateTables(urls.DATABASE_OWNER_URL)
  const odd = { name: `o"d'd; DROP TABLE symbols; --`, password: `p'"\\; DROP ROLE x` }
  const config = { ...urls, DATABASE_READ_URL: as(urls.superuser, odd.name, odd.password) }

  const [first, second] = [await prepareRoles(config), await prepareRoles(config)]

  t.strictSame(first, [odd.name, 'universe_writer', 'universe_relay', 'universe_producer'])
  t.strictSame(second, [])
  await checkLogin('DATABASE_READ_URL', config.DATABASE_READ_URL)
  const { rowCount } = await asRole(config.DATABASE_READ_URL, client => client.query('SELECT FROM symbols'))
  t.equal(rowCount, 0)
})

t.test('jobs that run at once make the roles once', async t => {
  const urls = await emptyDatabase(t, server)
  await migrateTables(urls.DATABASE_OWNER_URL)
  const config = {
    ...urls,
    DATABASE_READ_URL: as(urls.superuser, 'twin_reader', 'a'),
    DATABASE_WRITE_URL: as(urls.superuser, 'twin_writer', 'b'),
    DATABASE_RELAY_URL: as(urls.superuser, 'twin_relay', 'c'),
    DATABASE_PRODUCER_URL: as(urls.superuser, 'twin_producer', 'd')
  }

  const made = await Promise.all([1, 2, 3].map(() => prepareRoles(config)))

  t.strictSame(made.flat(), ['twin_reader', 'twin_writer', 'twin_relay', 'twin_producer'])
})

t.test('a role that is there keeps its password, and a wrong one is told by its variable', async t => {
  const urls = await universeDatabase(t, server)
  const wrong = as(urls.superuser, 'universe_reader', 'another')

  t.strictSame(await prepareRoles({ ...urls, DATABASE_READ_URL: wrong }), [])

  await checkLogin('DATABASE_READ_URL', urls.DATABASE_READ_URL)
  await t.rejects(checkLogin('DATABASE_READ_URL', wrong), {
    name: 'RoleError',
    message: /^DATABASE_READ_URL: password authentication failed for user "universe_reader"$/
  })
})

t.test('a role that could see every user’s rows is refused', async t => {
  const urls = await universeDatabase(t, server)
  await asRole(urls.superuser, client => client.query("CREATE ROLE mighty LOGIN BYPASSRLS PASSWORD 'x'"))

  for (const user of ['mighty', 'postgres']) {
    await t.rejects(prepareRoles({ ...urls, DATABASE_WRITE_URL: as(urls.superuser, user, 'x') }), {
      name: 'RoleError',
      message: `role ${user} could read every user's rows: take SUPERUSER and BYPASSRLS from it`
    })
  }
})

t.test('one role for two purposes, or none, is refused', async t => {
  const urls = await universeDatabase(t, server)
  const message = /must be different roles/

  await t.rejects(prepareRoles({ ...urls, DATABASE_WRITE_URL: urls.DATABASE_READ_URL }), { message })
  await t.rejects(prepareRoles({ ...urls, DATABASE_READ_URL: urls.DATABASE_OWNER_URL }), { message })
  await t.rejects(prepareRoles({ ...urls, DATABASE_READ_URL: as(urls.superuser, '', '') }), { message })
})
