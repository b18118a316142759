import { startPostgres } from '@tickstock/test-kit'
import pg from 'pg'
import t from 'tap'
import { createDatabase, databaseUrls } from '../src/database.ts'

const secrets = {
  authSecret: 'a',
  serviceSecret: 's',
  ownerPassword: "it's",
  readerPassword: 'r/:@',
  writerPassword: 'w',
  relayPassword: 'l',
  producerPassword: 'p'
}

t.test('the database belongs to an owner who is no superuser, and a second start finds it', async t => {
  const server = await startPostgres(t)

  const first = await createDatabase(server.url, secrets)
  const second = await createDatabase(server.url, secrets)

  t.equal(first, second)
  const client = new pg.Client({ connectionString: first })
  await client.connect()
  t.teardown(() => client.end())
  const { rows } = await client.query(
    'SELECT current_database() AS db, rolsuper FROM pg_roles WHERE rolname = current_user'
  )
  t.same(rows, [{ db: 'tickstock', rolsuper: false }])
})

t.test('each role has a url of its own, whatever its password holds', async t => {
  const urls = databaseUrls('postgres://owner:secret@127.0.0.1:5432/tickstock?sslmode=disable', secrets)

  const reader = new URL(urls.reader)
  t.equal(reader.username, 'tickstock_reader')
  t.equal(decodeURIComponent(reader.password), 'r/:@')
  t.equal(reader.pathname, '/tickstock')
  t.equal(reader.search, '?sslmode=disable')
  t.equal(new URL(urls.writer).username, 'tickstock_writer')
})
