import { startPostgres } from '@tickstock/test-kit'
import t from 'tap'
import { asRole, universeDatabase } from '../fixtures/universe-database.ts'

const server = await startPostgres(t)

/** What each role is for. Whatever else it tries on any of the tables must be denied. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  DATABASE_READ_URL: ['SELECT symbols', 'SELECT user_watchlists', 'SELECT user_filters'],
  DATABASE_WRITE_URL: [
    'SELECT user_watchlists',
    'INSERT user_watchlists',
    'UPDATE user_watchlists',
    'DELETE user_watchlists',
    'SELECT user_filters',
    'INSERT user_filters',
    'UPDATE user_filters',
    'DELETE user_filters',
    'SELECT idempotency_keys',
    'INSERT idempotency_keys',
    'DELETE idempotency_keys',
    'INSERT universe_outbox'
  ],
  DATABASE_RELAY_URL: ['SELECT universe_outbox', 'DELETE universe_outbox'],
  DATABASE_PRODUCER_URL: ['SELECT symbols', 'INSERT symbols', 'UPDATE symbols']
}

const uuid = '00000000-0000-0000-0000-000000000001'

/** Statements on every table that are valid but for the rights to run them. */
const ATTEMPTS: readonly (readonly [string, string])[] = [
  ['SELECT symbols', 'SELECT symbol, name FROM symbols'],
  ['INSERT symbols', "INSERT INTO symbols (symbol, name) VALUES ('A', 'b')"],
  ['UPDATE symbols', "UPDATE symbols SET name = 'x'"],
  ['DELETE symbols', 'DELETE FROM symbols'],
  ['SELECT user_watchlists', 'SELECT * FROM user_watchlists'],
  ['INSERT user_watchlists', "INSERT INTO user_watchlists (user_id, name, symbols) VALUES ('u', 'b', '{}')"],
  ['UPDATE user_watchlists', "UPDATE user_watchlists SET name = 'x'"],
  ['DELETE user_watchlists', 'DELETE FROM user_watchlists'],
  ['SELECT user_filters', 'SELECT * FROM user_filters'],
  ['INSERT user_filters', "INSERT INTO user_filters (user_id, name, criteria) VALUES ('u', 'b', '{}')"],
  ['UPDATE user_filters', 'UPDATE user_filters SET is_default = false'],
  ['DELETE user_filters', 'DELETE FROM user_filters'],
  ['SELECT idempotency_keys', 'SELECT * FROM idempotency_keys'],
  [
    'INSERT idempotency_keys',
    "INSERT INTO idempotency_keys (user_id, key, request, answer) VALUES ('u', 'k', '', '{}')"
  ],
  ['UPDATE idempotency_keys', "UPDATE idempotency_keys SET key = 'x'"],
  ['DELETE idempotency_keys', 'DELETE FROM idempotency_keys'],
  ['SELECT universe_outbox', 'SELECT * FROM universe_outbox'],
  [
    'INSERT universe_outbox',
    `INSERT INTO universe_outbox (user_id, kind, item_id, version, deleted) VALUES ('u', 'filter', '${uuid}', 1, false)`
  ],
  ['UPDATE universe_outbox', 'UPDATE universe_outbox SET version = 2'],
  ['DELETE universe_outbox', 'DELETE FROM universe_outbox'],
  ...['symbols', 'user_watchlists', 'user_filters', 'idempotency_keys', 'universe_outbox'].flatMap(
    (table): [string, string][] => [
      [`TRUNCATE ${table}`, `TRUNCATE ${table} CASCADE`],
      [`ALTER ${table}`, `ALTER TABLE ${table} DISABLE ROW LEVEL SECURITY`],
      [`POLICY ${table}`, `CREATE POLICY mine ON ${table} USING (true)`],
      [
        `TRIGGER ${table}`,
        `CREATE TRIGGER mine AFTER INSERT ON ${table} EXECUTE FUNCTION note_universe_change('filter')`
      ],
      [`DROP ${table}`, `DROP TABLE ${table} CASCADE`]
    ]
  ),
  ['whose it is', "UPDATE user_watchlists SET user_id = 'bob'"],
  ['which it is', `UPDATE user_filters SET id = '${uuid}'`],
  ['its age', 'UPDATE user_watchlists SET created_at = now()'],
  ['migrations', 'SELECT * FROM kysely_migration'],
  ['CREATE', 'CREATE TABLE mine ()'],
  ['TEMPORARY', 'CREATE TEMPORARY TABLE mine ()'],
  ['SCHEMA', 'CREATE SCHEMA mine'],
  ['function', "CREATE OR REPLACE FUNCTION universe_name_folded(name text) RETURNS text LANGUAGE sql RETURN 'x'"],
  ['owner', 'SET ROLE universe_owner'],
  ['role', 'CREATE ROLE mine']
]

for (const [variable, allowed] of Object.entries(ALLOWED)) {
  t.test(`${variable} can do its part, and nothing else on any table`, async t => {
    const urls: Record<string, string> = { ...(await universeDatabase(t, server)) }
    const url = urls[variable] ?? ''

    for (const [right, statement] of ATTEMPTS) {
      const attempt = asRole(url, async client => {
        await client.query("SELECT set_config('tickstock.user_id', 'u', false)")
        await client.query(statement)
      })
      if (allowed.includes(right)) await t.resolves(attempt, right)
      else await t.rejects(attempt, { message: /denied|must be owner/ }, right)
    }
  })
}

t.test('the writer reads of symbols only which there are', async t => {
  const urls = await universeDatabase(t, server)

  await t.resolves(asRole(urls.DATABASE_WRITE_URL, client => client.query('SELECT symbol FROM symbols')))
})

t.test('without a user nothing is seen, changed or written, in any table, by any role', async t => {
  const urls = await universeDatabase(t, server)
  const tables = ['user_watchlists', 'user_filters', 'idempotency_keys', 'universe_outbox']
  await asRole(urls.DATABASE_WRITE_URL, async client => {
    await client.query("SELECT set_config('tickstock.user_id', 'alice', false)")
    await client.query("INSERT INTO user_watchlists (user_id, name, symbols) VALUES ('alice', 'b', '{}')")
    await client.query("INSERT INTO user_filters (user_id, name, criteria) VALUES ('alice', 'b', '{}')")
    await client.query("INSERT INTO idempotency_keys (user_id, key, request, answer) VALUES ('alice', 'k', '', '{}')")
  })
  const rowsSeen = (url: string, user?: string) =>
    asRole(url, async client => {
      if (user !== undefined) await client.query("SELECT set_config('tickstock.user_id', $1, false)", [user])
      const counts: Record<string, number | null> = {}
      for (const table of tables) {
        const query = client.query(`SELECT count(*)::int AS count FROM ${table}`)
        counts[table] = await query.then(
          ({ rows }) => rows[0].count,
          () => null
        )
      }
      return counts
    })
  const [user_watchlists, user_filters, idempotency_keys] = [0, 0, 0]

  for (const user of [undefined, '', 'bob', '%', "alice' OR true --"]) {
    t.strictSame(await rowsSeen(urls.DATABASE_OWNER_URL, user), {
      user_watchlists,
      user_filters,
      idempotency_keys,
      universe_outbox: 0
    })
    t.strictSame(await rowsSeen(urls.DATABASE_WRITE_URL, user), {
      user_watchlists,
      user_filters,
      idempotency_keys,
      universe_outbox: null
    })
    t.strictSame(await rowsSeen(urls.DATABASE_READ_URL, user), {
      user_watchlists,
      user_filters,
      idempotency_keys: null,
      universe_outbox: null
    })
  }
  t.match(await rowsSeen(urls.DATABASE_WRITE_URL, 'alice'), {
    user_watchlists: 1,
    user_filters: 1,
    idempotency_keys: 1
  })
  t.match(await rowsSeen(urls.DATABASE_RELAY_URL), { universe_outbox: 2, user_watchlists: null })
  await asRole(urls.DATABASE_WRITE_URL, async client => {
    t.equal((await client.query('DELETE FROM user_watchlists')).rowCount, 0)
    t.equal((await client.query('UPDATE user_filters SET is_default = true')).rowCount, 0)
    t.equal((await client.query('DELETE FROM idempotency_keys')).rowCount, 0)
    await client.query("SELECT set_config('tickstock.user_id', 'bob', false)")
    for (const [, statement] of ATTEMPTS.filter(
      ([right]) => right.startsWith('INSERT u') || right.startsWith('INSERT i')
    )) {
      await t.rejects(client.query(statement), { message: /row-level security/ }, 'a row in another’s name')
    }
  })
})

t.test('what is old enough of the keys is removed for everybody, and nothing else', async t => {
  const urls = await universeDatabase(t, server)
  await asRole(urls.superuser, client =>
    client.query(`INSERT INTO idempotency_keys (user_id, key, request, answer, created_at)
      VALUES ('alice', 'old', '', '{}', now() - interval '25 hours'), ('bob', 'older', '', '{}', now() - interval '9 days'),
             ('alice', 'new', '', '{}', now() - interval '23 hours')`)
  )

  const removed = await asRole(urls.DATABASE_WRITE_URL, client => client.query('DELETE FROM idempotency_keys'))

  t.equal(removed.rowCount, 2)
  const { rows } = await asRole(urls.superuser, client => client.query('SELECT key FROM idempotency_keys'))
  t.strictSame(rows, [{ key: 'new' }])
})

t.test('each edit leaves its change in the outbox, and none that is undone does', async t => {
  const urls = await universeDatabase(t, server)
  const read = () =>
    asRole(urls.DATABASE_RELAY_URL, async client => {
      const { rows } = await client.query('SELECT user_id, kind, version, deleted FROM universe_outbox ORDER BY id')
      return rows.map(({ user_id, kind, version, deleted }) => `${user_id} ${kind} ${version}${deleted ? ' gone' : ''}`)
    })
  await asRole(urls.DATABASE_WRITE_URL, async client => {
    const woken = new Promise(resolve => client.once('notification', resolve))
    await client.query('LISTEN universe_outbox')
    await client.query("SELECT set_config('tickstock.user_id', 'alice', false)")
    await client.query("INSERT INTO user_watchlists (user_id, name, symbols) VALUES ('alice', 'b', '{}')")
    await client.query('UPDATE user_watchlists SET version = version + 1')
    await client.query("INSERT INTO user_filters (user_id, name, criteria) VALUES ('alice', 'f', '{}')")
    await client.query('BEGIN')
    await client.query('DELETE FROM user_filters')
    await client.query('ROLLBACK')
    await client.query('DELETE FROM user_watchlists')
    await woken
  })

  t.strictSame(await read(), ['alice watchlist 1', 'alice watchlist 2', 'alice filter 1', 'alice watchlist 2 gone'])
})
