import { UNIVERSE_EPOCH_KEY, userEntryKey } from '@tickstock/contracts'
import { startPostgres, startRedis, type Teardown, until } from '@tickstock/test-kit'
import { Redis } from 'ioredis'
import t from 'tap'
import { AGES } from '../../../src/stores/cache/cache-entries.ts'
import { openReplica, type Replica } from '../../fixtures/open-replica.ts'
import { asRole, universeDatabase } from '../../fixtures/universe-database.ts'

const server = await startPostgres(t)
const entry = userEntryKey('alice')
const unavailable = { name: 'ProblemError', code: 'database_unavailable' }

async function cached(t: Teardown) {
  const redisServer = await startRedis(t)
  const urls = await universeDatabase(t, server)
  const redis = new Redis(redisServer.url)
  t.teardown(() => redis.disconnect())
  const [one, other] = [await openReplica(t, urls, redisServer), await openReplica(t, urls, redisServer)]
  /** Reads that came to Postgres. */
  const queries = async () =>
    (await one.counted('database_reads_total')) + (await other.counted('database_reads_total'))
  /** Lets what is kept of a user be as old as that. */
  const age = async (ms: number) => {
    await until(() => redis.hexists(entry, 'value'))
    await redis.hincrby(entry, 'at', -ms)
  }
  const kept = () => until(async () => redis.hget(entry, 'value'))
  /** Until nothing of what was written is still to be made void by the relay. */
  const settled = () =>
    until(() =>
      asRole(urls.superuser, async client => (await client.query('SELECT FROM universe_outbox')).rowCount === 0)
    )
  /** Alice makes a watchlist, and the relay has nothing left to do. */
  const edited = async () => {
    await one.watchlists.create('alice', { name: 'Tech', symbols: [] })
    await settled()
  }
  return { redis, urls, one, other, queries, age, kept, settled, edited }
}

const namesOf = async (replica: Replica) =>
  (await replica.universes.of('alice')).value.watchlists.map(({ name }) => name)

t.test('a burst costs one query, in a process and across two, and so does asking for what is not there', async t => {
  const { one, other, queries } = await cached(t)

  const readings = await Promise.all(Array.from({ length: 60 }, (_, n) => (n % 2 ? one : other).universes.of('nobody')))

  t.ok(readings.every(({ value }) => value.watchlists.length === 0))
  // Two where a query takes longer than another replica waits for it.
  t.ok((await queries()) <= 2)
  t.ok((await one.counted('cache_joins_total')) > 0)
})

t.test('an edit leaves its result: the read after it costs no query', async t => {
  const { one, other, queries } = await cached(t)

  await one.watchlists.create('alice', { name: 'Tech', symbols: [] })

  t.strictSame(await namesOf(other), ['Tech'])
  t.equal(await queries(), 0)
  t.equal(await one.counted('cache_invalidations_total', { outcome: 'kept' }), 1)
})

t.test('what is refused leaves what is kept', async t => {
  const { one, queries } = await cached(t)
  const { item } = await one.watchlists.create('alice', { name: 'Tech', symbols: [] })

  await t.rejects(one.watchlists.change({ user: 'alice', id: item.id }, { name: 'x' }, 7), { code: 'version_mismatch' })

  t.strictSame(await namesOf(one), ['Tech'])
  t.equal(await queries(), 0)
})

t.test('what is older than 30 s is read anew', async t => {
  const { one, queries, age } = await cached(t)
  await namesOf(one)
  await age(AGES.fresh - 5_000)
  const { ageMs } = await one.universes.of('alice')
  t.ok(ageMs >= AGES.fresh - 5_000 && ageMs < AGES.fresh)
  t.equal(await queries(), 1)

  await age(5_000)
  t.match(await one.universes.of('alice'), { ageMs: 0, stale: false })
  t.equal(await queries(), 2)
})

t.test('a read does not wait until the time of a dead loader is over', async t => {
  const { redis, one, kept, queries } = await cached(t)
  await namesOf(one)
  await kept()
  await redis.hdel(entry, 'value')
  // Longer than a test may take.
  await redis.hset(entry, 'loader', 'a dead one', 'loader_until', Date.now() + 3_600_000)

  t.strictSame(await namesOf(one), [])
  t.equal(await queries(), 2)
  t.notOk(await redis.hexists(entry, 'value'), 'nor does it keep anything, which only the loader may')
})

t.test('what another release has put there, or nobody understands, is no answer', async t => {
  const { redis, one, kept, edited } = await cached(t)
  await edited()
  for (const text of ['{', '{"watchlists":[{"id":1}]}', 'null']) {
    await kept()
    await redis.hset(entry, 'value', text)
    t.strictSame(await namesOf(one), ['Tech'], text)
  }
})

t.test('what is too long for the cache is read from Postgres each time, without waiting for anybody', async t => {
  const { one, other, urls, queries, kept, settled } = await cached(t)
  await asRole(urls.superuser, client =>
    client.query(
      `INSERT INTO user_watchlists (user_id, name, symbols)
       SELECT 'alice', 'list ' || n, (SELECT array_agg('SYMBOL' || s) FROM generate_series(1, 1000) AS s)
       FROM generate_series(1, 40) AS n`
    )
  )
  await settled()

  await namesOf(one)
  t.equal(await kept(), '-')
  for (const replica of [one, other, one]) t.equal((await namesOf(replica)).length, 40)
  t.equal(await queries(), 4)
})

t.test(
  'while Postgres is away: what is fresh as ever, what is old as such, and nothing older than five minutes',
  async t => {
    const { one, age, edited } = await cached(t)
    await edited()
    await one.toPostgres.cut()

    t.match(await one.universes.of('alice'), { stale: false })
    await age(60_000)
    const old = await one.universes.of('alice')
    t.match(old, { stale: true, value: { watchlists: [{ name: 'Tech' }] } })
    t.ok(old.ageMs >= 60_000)
    for (let n = 0; n < 20; n += 1) t.match(await one.universes.of('alice'), { stale: true })
    await t.rejects(one.universes.of('bob'), unavailable)
    await age(AGES.kept)
    await t.rejects(one.universes.of('alice'), unavailable)

    await one.toPostgres.restore()
    t.match(await until(() => one.universes.of('alice')), { stale: false, ageMs: 0 })
    t.ok((await one.counted('cache_reads_total', { outcome: 'stale' })) > 20)
  }
)

t.test('gives an old value before a silent Postgres has cost a request its time', async t => {
  const { one, age, edited } = await cached(t)
  await edited()
  await age(60_000)
  one.toPostgres.freeze()

  const order: string[] = []
  const read = async (user: string) => {
    const answer = await one.universes.of(user).catch((error: unknown) => error)
    order.push(user)
    return answer
  }
  const [unknown, known] = await Promise.all([read('bob'), read('alice')])
  t.match(known, { stale: true })
  t.match(unknown, unavailable)
  t.strictSame(order, ['alice', 'bob'])
  one.toPostgres.thaw()
})

t.test('another error than that Postgres is away is no reason for an old value', async t => {
  const { one, age, urls } = await cached(t)
  await namesOf(one)
  await age(60_000)
  await asRole(urls.DATABASE_OWNER_URL, client => client.query('ALTER TABLE user_watchlists RENAME TO gone'))

  await t.rejects(one.universes.of('alice'), { message: /user_watchlists/ })
})

t.test('Postgres answers while Redis is silent or away', async t => {
  const { one, queries, edited } = await cached(t)
  await edited()

  one.toRedis.freeze()
  for (let n = 0; n < 40; n += 1) t.strictSame(await namesOf(one), ['Tech'])
  t.equal(await queries(), 40)
  await one.toRedis.cut()
  one.toRedis.thaw()
  t.strictSame(await namesOf(one), ['Tech'])
  const voids = await one.counted('cache_voids_total')
  await one.toRedis.restore()
  await until(async () => (await one.counted('cache_voids_total')) > voids)
  await namesOf(one)
  const before = await queries()
  await namesOf(one)
  t.equal(await queries(), before)
})

t.test('after Redis was away nothing is trusted that was there before: a write may have passed it by', async t => {
  const { one, other, urls, edited } = await cached(t)
  await edited()
  t.strictSame(await namesOf(other), ['Tech'])
  for (const { toRedis } of [one, other]) await toRedis.cut()
  const { item } = await one.watchlists.create('alice', { name: 'Banks', symbols: [] })
  t.equal(item.name, 'Banks')
  // As if it had been told, to a Redis that forgot it: the relay would make void what is kept.
  await asRole(urls.superuser, client => client.query('DELETE FROM universe_outbox'))

  const voids = await other.counted('cache_voids_total')
  await other.toRedis.restore()
  await until(async () => (await other.counted('cache_voids_total')) > voids)
  t.strictSame(await namesOf(other), ['Banks', 'Tech'])
})

t.test('after a flush, and without an epoch, everything is read anew', async t => {
  const { redis, one, other, queries, kept, edited } = await cached(t)
  await edited()

  await redis.flushall()
  t.strictSame(await namesOf(other), ['Tech'])
  await kept()
  t.strictSame(await namesOf(one), ['Tech'])
  t.equal(await queries(), 1)
  await redis.del(UNIVERSE_EPOCH_KEY)
  await one.watchlists.create('alice', { name: 'Banks', symbols: [] })
  t.strictSame(await namesOf(other), ['Banks', 'Tech'])
})

t.test('a Redis that refuses is as good as none', async t => {
  const { redis, one } = await cached(t)
  await redis.config('SET', 'maxmemory', '1')
  t.strictSame(await namesOf(one), [])
  const { item } = await one.watchlists.create('alice', { name: 'Tech', symbols: [] })
  t.equal(item.name, 'Tech')
  t.strictSame(await namesOf(one), ['Tech'])
  await redis.config('SET', 'maxmemory', '0')
  await until(async () => {
    await namesOf(one)
    return (await one.counted('cache_reads_total', { outcome: 'hit' })) > 0
  })
})
