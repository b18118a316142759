import { Value } from '@sinclair/typebox/value'
import { UNIVERSE_CHANGES_KEY, UniverseChange } from '@tickstock/contracts'
import { startPostgres, startRedis, type Teardown, until } from '@tickstock/test-kit'
import { Redis } from 'ioredis'
import t from 'tap'
import { openReplica } from '../fixtures/open-replica.ts'
import { asRole, type TestUrls, universeDatabase } from '../fixtures/universe-database.ts'

const server = await startPostgres(t)

async function relayed(t: Teardown) {
  const redis = await startRedis(t)
  const urls = await universeDatabase(t, server)
  const client = new Redis(redis.url)
  t.teardown(() => client.disconnect())
  const told = async () => {
    const entries = await client.xrange(UNIVERSE_CHANGES_KEY, '-', '+')
    return entries.map(([, fields]) => Value.Decode(UniverseChange, JSON.parse(fields[1] ?? '')))
  }
  const [replica, other] = [await openReplica(t, urls, redis), await openReplica(t, urls, redis)]
  return { urls, told, replica, other }
}

const waiting = (urls: TestUrls) =>
  asRole(urls.superuser, async client => (await client.query('SELECT FROM universe_outbox')).rowCount)

t.test('each edit is told, in its user’s order, and leaves the outbox', async t => {
  const { urls, told, replica: first, other: second } = await relayed(t)
  const { item: list } = await first.watchlists.create('alice', { name: 'Tech', symbols: [] })
  const { item: filter } = await second.filters.create('bob', { name: 'Good', criteria: {} })
  await second.watchlists.change({ user: 'alice', id: list.id }, { name: 'Banks' }, undefined)
  await first.watchlists.delete({ user: 'alice', id: list.id }, undefined)

  const changes = await until(async () => {
    const changes = await told()
    return changes.length === 4 && changes
  })

  t.match(
    changes.filter(({ user }) => user === 'alice'),
    [
      { kind: 'watchlist', id: list.id, version: 1, deleted: false },
      { kind: 'watchlist', id: list.id, version: 2, deleted: false },
      { kind: 'watchlist', id: list.id, version: 2, deleted: true }
    ]
  )
  t.match(
    changes.filter(({ user }) => user === 'bob'),
    [{ kind: 'filter', id: filter.id, version: 1, deleted: false }]
  )
  await until(async () => (await waiting(urls)) === 0)
})

t.test('an edit is in the stream within 50 ms, in the median', async t => {
  const { told, replica } = await relayed(t)
  const { item } = await replica.watchlists.create('alice', { name: 'Tech', symbols: [] })
  const delays: number[] = []
  for (let n = 0; n < 21; n += 1) {
    const { version } = await replica.watchlists.change({ user: 'alice', id: item.id }, { name: `${n}` }, undefined)
    const acknowledged = performance.now()
    await until(async () => (await told()).at(-1)?.version === version)
    delays.push(performance.now() - acknowledged)
  }
  delays.sort((one, other) => one - other)
  const median = delays[10] ?? Number.NaN
  t.comment(`median ${median.toFixed(1)} ms after the acknowledgement`)
  t.ok(median < 50)
})

t.test('while Redis is away edits wait, and then all of them are told', async t => {
  const { urls, told, replica, other } = await relayed(t)
  for (const { toRedis } of [replica, other]) await toRedis.cut()
  for (let n = 0; n < 5; n += 1) await replica.watchlists.create('alice', { name: `${n}`, symbols: [] })
  t.equal(await waiting(urls), 5)
  await until(async () => (await replica.counted('outbox_age_seconds')) > 0)

  for (const { toRedis } of [replica, other]) await toRedis.restore()

  await until(async () => (await told()).length >= 5)
  t.equal(new Set((await told()).map(({ id }) => id)).size, 5)
  await until(async () => (await waiting(urls)) === 0)
  await until(async () => (await replica.counted('outbox_age_seconds')) === 0)
})

t.test('without a word from Postgres it looks by itself, and goes on when Postgres is back', async t => {
  const { urls, told, replica, other } = await relayed(t)
  const insert = (user: string) =>
    asRole(urls.superuser, client =>
      client.query(
        `INSERT INTO universe_outbox (user_id, kind, item_id, version, deleted)
         VALUES ($1, 'filter', gen_random_uuid(), 1, false)`,
        [user]
      )
    )

  await insert('quiet')
  await until(async () => (await told()).some(({ user }) => user === 'quiet'))
  for (const { toPostgres } of [replica, other]) await toPostgres.cut()
  await insert('during')
  for (const { toPostgres } of [replica, other]) await toPostgres.restore()
  await until(async () => (await told()).some(({ user }) => user === 'during'))
  for (const { toPostgres } of [replica, other]) toPostgres.freeze()
  await insert('mute')
  for (const { toPostgres } of [replica, other]) toPostgres.thaw()
  await until(async () => (await told()).some(({ user }) => user === 'mute'))
})

t.test('a replica that is killed in its turn leaves the edit to another', async t => {
  const { urls, told, replica: first, other: second } = await relayed(t)
  first.toRedis.freeze()
  for (let n = 0; n < 10; n += 1) await second.watchlists.create('alice', { name: `${n}`, symbols: [] })

  await until(async () => new Set((await told()).map(({ id }) => id)).size === 10, { within: 20_000 })
  await until(async () => (await waiting(urls)) === 0, { within: 20_000 })
})

t.test('what the cache has from before is void once an edit was told, even if its writer could not say so', async t => {
  const { urls, told, replica } = await relayed(t)
  const { item } = await replica.watchlists.create('alice', { name: 'Tech', symbols: [] })
  await until(async () => (await told()).length === 1)
  t.match((await replica.universes.of('alice')).value.watchlists, [{ name: 'Tech' }])

  // Past the service, as an operator may.
  await asRole(urls.superuser, client =>
    client.query("UPDATE user_watchlists SET name = 'Renamed', version = version + 1 WHERE id = $1", [item.id])
  )

  await until(async () => (await told()).length === 2)
  t.match((await replica.universes.of('alice')).value.watchlists, [{ name: 'Renamed', version: 2 }])
})
