import { startFaultProxy, startPostgres, type Teardown, until } from '@tickstock/test-kit'
import { sql } from 'kysely'
import t from 'tap'
import { PATIENCE } from '../../src/stores/pool.ts'
import { PostgresWatchlists } from '../../src/stores/postgres-watchlists.ts'
import { openDatabase } from '../fixtures/open-database.ts'
import { storedUniverse } from '../fixtures/stored-universe.ts'
import { asRole, listedDatabase, through } from '../fixtures/universe-database.ts'

const server = await startPostgres(t)
const unavailable = { name: 'ProblemError', code: 'database_unavailable' }

async function behindProxy(t: Teardown, size?: number) {
  const proxy = await startFaultProxy(t, { target: { host: '127.0.0.1', port: server.port } })
  const urls = await listedDatabase(t, server)
  const database = openDatabase(
    t,
    {
      ...urls,
      DATABASE_READ_URL: through(proxy.port, urls.DATABASE_READ_URL),
      DATABASE_WRITE_URL: through(proxy.port, urls.DATABASE_WRITE_URL)
    },
    size
  )
  return { proxy, database, watchlists: new PostgresWatchlists(database), stored: storedUniverse(database), urls }
}

t.test('row level security keeps users apart even where a query forgets to say whose', async t => {
  const urls = await listedDatabase(t, server)
  const database = openDatabase(t, urls)
  const watchlists = new PostgresWatchlists(database)
  await watchlists.create('alice', { name: 'a', symbols: [] })
  await watchlists.create('bob', { name: 'b', symbols: [] })
  const count = 'SELECT count(*)::int AS count FROM user_watchlists'

  const asBob = await database.readAs('bob', transaction =>
    transaction.selectFrom('user_watchlists').select('name').execute()
  )
  const nobody = await Promise.all(
    [urls.DATABASE_WRITE_URL, urls.DATABASE_READ_URL, urls.DATABASE_OWNER_URL].map(url =>
      asRole(url, async client => (await client.query(count)).rows[0].count)
    )
  )

  t.strictSame(asBob, [{ name: 'b' }])
  t.strictSame(nobody, [0, 0, 0], 'without a user there is no row, for the owner of the table neither')
  await asRole(urls.DATABASE_WRITE_URL, async client => {
    t.equal((await client.query('DELETE FROM user_watchlists')).rowCount, 0)
    t.equal((await client.query("UPDATE user_watchlists SET name = 'x'")).rowCount, 0)
    const forged = "INSERT INTO user_watchlists (user_id, name, symbols) VALUES ('alice', 'forged', '{}')"
    await t.rejects(client.query(forged), { message: /row-level security/ })
    await client.query("SELECT set_config('tickstock.user_id', 'bob', false)")
    await t.rejects(client.query(forged), { message: /row-level security/ })
  })
})

t.test('a connection does not remember its last user', async t => {
  const database = openDatabase(t, await listedDatabase(t, server), 1)
  const watchlists = new PostgresWatchlists(database)
  const stored = storedUniverse(database)
  await watchlists.create('alice', { name: 'a', symbols: [] })
  await stored.watchlists('alice')

  const rows = await database.read(reader => reader.selectFrom('user_watchlists').select('name').execute())

  t.strictSame(rows, [])
})

t.test('the reader cannot write, whatever it is granted', async t => {
  const urls = await listedDatabase(t, server)
  await asRole(urls.DATABASE_OWNER_URL, client => client.query('GRANT INSERT ON symbols TO universe_reader'))
  const database = openDatabase(t, urls)
  const insert = sql`INSERT INTO symbols (symbol, name) VALUES ('X', 'x')`

  await t.rejects(
    database.read(reader => insert.execute(reader)),
    unavailable
  )
  await t.rejects(
    database.readAs('alice', transaction => insert.execute(transaction)),
    unavailable
  )
  const { rows } = await asRole(urls.superuser, client => client.query("SELECT FROM symbols WHERE symbol = 'X'"))
  t.equal(rows.length, 0)
})

t.test('ends a statement that takes too long, and keeps the connection', async t => {
  const database = openDatabase(t, await listedDatabase(t, server), 1)
  const connection = async () =>
    (await database.read(reader => sql<{ pid: number }>`SELECT pg_backend_pid() AS pid`.execute(reader))).rows[0]?.pid
  const before = await connection()

  // Longer than a test may take.
  await t.rejects(
    database.read(reader => sql`SELECT pg_sleep(3600)`.execute(reader)),
    unavailable
  )

  t.equal(await connection(), before)
})

t.test('what waits for a connection does not wait for ever', async t => {
  const database = openDatabase(t, await listedDatabase(t, server), 1)
  const held = database.read(reader => sql`SELECT pg_sleep(${(PATIENCE.connection + 500) / 1000})`.execute(reader))

  await t.rejects(database.pingReader(), unavailable)

  await held
  await t.resolves(database.pingReader())
})

t.test('fails while the network is cut, and works after it without a restart', async t => {
  const { proxy, database, watchlists, stored } = await behindProxy(t)
  await watchlists.create('alice', { name: 'a', symbols: [] })

  await proxy.cut()
  await t.rejects(stored.watchlists('alice'), unavailable)
  await t.rejects(watchlists.create('alice', { name: 'b', symbols: [] }), unavailable)
  await t.rejects(database.pingReader(), unavailable)
  await t.rejects(database.pingWriter(), unavailable)

  await proxy.restore()
  const found = await until(() => stored.watchlists('alice'))
  t.strictSame(
    found.map(({ name }) => name),
    ['a']
  )
})

t.test('fails while the server is silent, and gives its connections up', async t => {
  const { proxy, database, watchlists, stored } = await behindProxy(t, 1)
  await Promise.all([database.pingReader(), watchlists.create('alice', { name: 'a', symbols: [] })])

  proxy.freeze()
  await Promise.all([
    t.rejects(database.pingReader(), unavailable),
    t.rejects(watchlists.create('alice', { name: 'b', symbols: [] }), unavailable)
  ])
  await t.rejects(database.pingReader(), unavailable, 'a new connection is not had either')

  await proxy.cut()
  proxy.thaw()
  await proxy.restore()
  t.match(await until(() => stored.watchlists('alice')), [{ name: 'a' }])
})

t.test('when Postgres is killed, all comes back with it', async t => {
  const own = await startPostgres(t, { durable: true })
  // Its database goes with it.
  const urls = await listedDatabase({ teardown: () => {} }, own)
  const database = openDatabase(t, urls)
  const watchlists = new PostgresWatchlists(database)
  const stored = storedUniverse(database)
  await watchlists.create('alice', { name: 'kept', symbols: ['AAPL'] })

  own.kill('SIGKILL')
  await own.exited
  await t.rejects(stored.watchlists('alice'), unavailable)
  await t.rejects(watchlists.create('alice', { name: 'b', symbols: [] }), unavailable)
  await startPostgres(t, { durable: true, dataDir: own.dataDir, port: own.port })

  t.match(await until(() => stored.watchlists('alice')), [{ name: 'kept', symbols: ['AAPL'] }])
  await t.resolves(watchlists.create('alice', { name: 'b', symbols: [] }))
})
