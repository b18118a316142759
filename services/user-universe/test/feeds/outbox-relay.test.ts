import { Value } from '@sinclair/typebox/value'
import { UNIVERSE_CHANGES_KEY, UniverseChange } from '@tickstock/contracts'
import { createLogger, createRegistry, Lifetime } from '@tickstock/service-kit'
import { startPostgres, startRedis, type Teardown, until } from '@tickstock/test-kit'
import { Redis } from 'ioredis'
import t from 'tap'
import { OutboxRelay } from '../../src/feeds/outbox-relay.ts'
import { createRelayInstruments } from '../../src/feeds/relay-instruments.ts'
import { startRelay } from '../../src/feeds/start-relay.ts'
import { CacheLink } from '../../src/stores/cache/cache-link.ts'
import { ChangeStream } from '../../src/stores/change-stream.ts'
import { Outbox } from '../../src/stores/outbox.ts'
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

t.test('an edit wakes the relay, which does not wait for its next look', async t => {
  const urls = await universeDatabase(t, server)
  const redis = await startRedis(t)
  const logger = createLogger({ service: 'test', level: 'silent' })
  const lifetime = new Lifetime({ logger, each: 5_000 })
  t.teardown(() => lifetime.close())
  const link = new CacheLink({ url: redis.url, logger, voided: () => relay.wake() })
  lifetime.own('link', () => link.close())
  const relay = startRelay({
    link,
    relayUrl: urls.DATABASE_RELAY_URL,
    universeOf: () => undefined,
    logger,
    lifetime,
    registry: createRegistry(),
    intervals: { look: 3_600_000, turn: 3_600_000 }
  })

  for (const name of ['first', 'second', 'third']) {
    await asRole(urls.superuser, client =>
      client.query("INSERT INTO user_watchlists (user_id, name, symbols) VALUES ('alice', $1, '{}')", [name])
    )
    await until(async () => (await waiting(urls)) === 0, { what: `the ${name} edit to leave the outbox` })
  }
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

  await until(async () => new Set((await told()).map(({ id }) => id)).size === 10)
  await until(async () => (await waiting(urls)) === 0)
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

/** An outbox that knows how often it was looked into in vain. */
class WatchedOutbox extends Outbox {
  inVain = 0

  override async take(...args: Parameters<Outbox['take']>) {
    const taken = await super.take(...args)
    if (taken === undefined) this.inVain += 1
    return taken
  }
}

t.test('what is taken at once is told in the order of the commits, however it lies in the table', async t => {
  const urls = await universeDatabase(t, server)
  const outbox = new Outbox(urls.DATABASE_RELAY_URL, createLogger({ service: 'test', level: 'silent' }))
  t.teardown(() => outbox.close())
  await asRole(urls.superuser, client =>
    client.query(
      `INSERT INTO universe_outbox (id, user_id, kind, item_id, version, deleted) OVERRIDING SYSTEM VALUE
       SELECT id, 'alice', 'filter', gen_random_uuid(), id, false
       FROM unnest('{3, 100, 20, 1, 10, 2}'::integer[]) AS given (id)`
    )
  )
  const told: number[][] = []
  const publish = async (changes: readonly UniverseChange[]) => {
    told.push(changes.map(({ version }) => version))
  }

  for (const expected of [4, 2, 0]) t.equal(await outbox.take(4, publish), expected)

  t.strictSame(told, [
    [1, 2, 3, 10],
    [20, 100]
  ])
})

t.test('while it is another’s turn a relay looks again soon, and takes over without being woken', async t => {
  const urls = await universeDatabase(t, server)
  const logger = createLogger({ service: 'test', level: 'silent' })
  const ready = Promise.withResolvers<void>()
  const link = new CacheLink({ url: (await startRedis(t)).url, logger, voided: ready.resolve })
  const outbox = new WatchedOutbox(urls.DATABASE_RELAY_URL, logger)
  const relay = new OutboxRelay({
    outbox,
    stream: new ChangeStream({ link, universeOf: () => undefined }),
    logger,
    instruments: createRelayInstruments(createRegistry()),
    // Nothing wakes it, so that only the looks of this second interval come.
    intervals: { look: 3_600_000, turn: 1 }
  })
  const stop = new AbortController()
  let running: Promise<void> | undefined
  t.teardown(async () => {
    stop.abort()
    await running
    await Promise.all([outbox.close(), link.close()])
  })
  await ready.promise

  await asRole(urls.superuser, async other => {
    await other.query('SELECT pg_advisory_lock(7106)')
    await other.query(
      `INSERT INTO universe_outbox (user_id, kind, item_id, version, deleted)
       VALUES ('alice', 'filter', gen_random_uuid(), 1, false)`
    )
    running = relay.run(stop.signal)
    await until(() => outbox.inVain >= 3)
    t.equal(await waiting(urls), 1)
    await other.query('SELECT pg_advisory_unlock(7106)')
    await until(async () => (await waiting(urls)) === 0)
  })
})
