import { setTimeout as delay } from 'node:timers/promises'
import { UNIVERSE_EPOCH_KEY, userEntryKey } from '@tickstock/contracts'
import {
  type RedisNode,
  startPostgres,
  startRedis,
  startRedisCluster,
  startSentinel,
  type Teardown,
  until
} from '@tickstock/test-kit'
import { Redis } from 'ioredis'
import t from 'tap'
import { CACHE_TIMEOUTS } from '../../../src/stores/cache/cache-link.ts'
import { openReplica, type Replica } from '../../fixtures/open-replica.ts'
import { startReplica } from '../../fixtures/start-replica.ts'
import { universeDatabase } from '../../fixtures/universe-database.ts'

const server = await startPostgres(t)
const product = { cacheTimeouts: CACHE_TIMEOUTS }
const USERS = ['alice', 'bob', 'carol']
const WRITES = 80

const pick = <Item>(items: readonly Item[]): Item => {
  const item = items[Math.floor(Math.random() * items.length)]
  if (item === undefined) throw new Error('nothing to pick from')
  return item
}

interface Known {
  readonly id: string
  /** The newest version whose write was acknowledged. */
  acknowledged: number
  /** Writes under way. */
  writing: number
}

/** Writes of one user at once: they take turns, and where everything is slow more of them are refused in time. */
const WRITERS = 2

/** Writes and reads of a few users at once, each through a replica by chance, until so many writes are done and `enough`. */
async function traffic(replicas: readonly Replica[], enough: () => boolean) {
  const lists = new Map<string, Known>()
  for (const user of USERS) {
    const { item } = await pick(replicas).watchlists.create(user, { name: 'one', symbols: [] })
    lists.set(user, { id: item.id, acknowledged: item.version, writing: 0 })
  }
  const count = { reads: 0, writes: 0, stale: [] as string[], errors: new Set<string>() }
  const write = async (user: string, list: Known) => {
    const change = { name: `list ${count.writes}` }
    list.writing += 1
    const changing = pick(replicas).watchlists.change({ user, id: list.id }, change, undefined)
    const { version } = await changing.finally(() => {
      list.writing -= 1
    })
    list.acknowledged = Math.max(list.acknowledged, version)
    count.writes += 1
  }
  const read = async (user: string, list: Known) => {
    const expected = list.acknowledged
    const { value } = await pick(replicas).universes.of(user)
    const { version = 0 } = value.watchlists.find(({ id }) => id === list.id) ?? {}
    count.reads += 1
    if (version < expected) count.stale.push(`version ${version} where ${expected} was acknowledged`)
  }
  const worker = async () => {
    while (count.writes < WRITES || !enough()) {
      const [user, list] = pick([...lists])
      const work = list.writing < WRITERS && Math.random() < 0.2 ? write(user, list) : read(user, list)
      await work.catch(error => count.errors.add(String(error)))
      await delay(Math.random() * 3)
    }
  }
  await Promise.all(Array.from({ length: 8 }, worker))
  return count
}

/** While there is traffic, `disturb` is called again and again. */
async function disturbed(replicas: readonly Replica[], rounds: number, disturb: (round: number) => Promise<unknown>) {
  let round = 0
  const count = traffic(replicas, () => round >= rounds)
  const disturbing = (async () => {
    while (round < rounds) {
      await disturb(round)
      round += 1
    }
  })()
  await disturbing
  return count
}

const hits = async (replicas: readonly Replica[]) =>
  Promise.all(replicas.map(({ counted }) => counted('cache_reads_total', { outcome: 'hit' })))

t.test('what was acknowledged is read through either replica, however slow Redis and Postgres are', async t => {
  const redis = await startRedis(t)
  const urls = await universeDatabase(t, server)
  const replicas = [await openReplica(t, urls, redis, product), await openReplica(t, urls, redis, product)]

  const { stale, errors } = await disturbed(replicas, 25, async () => {
    for (const { toRedis, toPostgres } of replicas) {
      toRedis.delay(pick([0, 0, 1, 5, 20]))
      toPostgres.delay(pick([0, 0, 1, 10, 30]))
    }
    await delay(50)
    // The writes that are left after the last round need not be slow.
    for (const { toRedis, toPostgres } of replicas) {
      toRedis.delay(0)
      toPostgres.delay(0)
    }
  })

  t.strictSame(stale, [])
  t.strictSame([...errors], [])
  t.ok((await hits(replicas)).every(count => count > 0))
})

t.test('what was acknowledged is read also while one replica loses Redis and finds it again', async t => {
  const redis = await startRedis(t)
  const urls = await universeDatabase(t, server)
  const replicas = [await openReplica(t, urls, redis, product), await openReplica(t, urls, redis, product)]

  const { stale, errors } = await disturbed(replicas, 8, async round => {
    const { toRedis } = pick(replicas)
    if (round % 2 === 0) await toRedis.cut()
    else toRedis.freeze()
    await delay(Math.random() * 200)
    if (round % 2 !== 0) await toRedis.cut()
    toRedis.thaw()
    await toRedis.restore()
    await delay(Math.random() * 200)
  })

  t.strictSame(stale, [])
  t.strictSame([...errors], [])
  t.ok((await hits(replicas)).every(count => count > 0))
})

t.test('what was acknowledged is read also when Redis is killed and comes back as it was a while ago', async t => {
  let redis = await startRedis(t, { persistence: 'everysec' })
  const urls = await universeDatabase(t, server)
  const replicas = [await openReplica(t, urls, redis, product), await openReplica(t, urls, redis, product)]

  const { stale, errors } = await disturbed(replicas, 3, async () => {
    await delay(300)
    redis.kill('SIGKILL')
    await redis.exited
    await delay(Math.random() * 100)
    redis = await startRedis(t, { persistence: 'everysec', dataDir: redis.dataDir, port: redis.port })
    await delay(300)
  })

  t.strictSame(stale, [])
  t.strictSame([...errors], [])
  t.ok((await hits(replicas)).every(count => count > 0))
})

t.test('what was acknowledged is read also when Redis fails over to one that never had its last writes', async t => {
  const cluster = await startRedisCluster(t, { replicas: 1 })
  const sentinel = await startSentinel(t)
  const ways = [
    {
      url: cluster.url,
      master: () => cluster.masterOf(UNIVERSE_EPOCH_KEY),
      failedOver: (former: RedisNode) => cluster.failedOver(UNIVERSE_EPOCH_KEY, former)
    },
    {
      url: sentinel.url,
      master: () => sentinel.master(),
      failedOver: (former: RedisNode) => sentinel.failedOver(former)
    }
  ]
  for (const { url, master, failedOver } of ways) {
    const urls = await universeDatabase(t, server)
    const former = await master()
    const open = () => openReplica(t, urls, former, { ...product, REDIS_URL: url })
    const replicas = [await open(), await open()]

    const { stale, errors } = await disturbed(replicas, 1, async () => {
      await delay(300)
      await former.isolate()
      await delay(300)
      await former.kill()
      await failedOver(former)
      await until(async () => (await hits(replicas)).every(count => count > 0))
      const before = await hits(replicas)
      await until(async () => (await hits(replicas)).every((count, at) => count > (before[at] ?? 0)))
    })

    t.strictSame(stale, [])
    t.strictSame([...errors], [])
  }
})

/** Two replicas that both have a watchlist of Alice's in the cache, and what the second one reads of it. */
async function twoThatKnow(t: Teardown) {
  const redis = await startRedis(t)
  const urls = await universeDatabase(t, server)
  const [writer, reader] = [await openReplica(t, urls, redis, product), await openReplica(t, urls, redis, product)]
  const { item } = await writer.watchlists.create('alice', { name: 'new', symbols: [] })
  const rename = (name: string) => writer.watchlists.change({ user: 'alice', id: item.id }, { name }, undefined)
  const nameRead = async () => (await reader.universes.of('alice')).value.watchlists[0]?.name
  /** What is read comes from the cache again. */
  const known = async () => {
    const [before = 0] = await hits([reader])
    await until(async () => (await nameRead()) !== undefined && ((await hits([reader]))[0] ?? 0) > before)
  }
  return { redis, writer, reader, rename, nameRead, known }
}

t.test('what was acknowledged while Redis stood still is read by what it answers first when it goes on', async t => {
  const { redis, rename, nameRead, known } = await twoThatKnow(t)
  for (const name of ['one', 'two']) {
    await known()
    redis.kill('SIGSTOP')
    // Waits in Redis before the write does.
    await nameRead()
    await rename(name)
    const reading = nameRead()
    redis.kill('SIGCONT')
    t.equal(await reading, name)
  }
})

t.test('what was acknowledged is read also where the replica whose turn it was to relay it lost Redis', async t => {
  const { writer, reader, rename, nameRead, known } = await twoThatKnow(t)
  for (const name of ['one', 'two']) {
    await known()
    // Its relay hears of the write when the other one has the turn.
    reader.toPostgres.delay(5)
    writer.toRedis.freeze()
    await rename(name)
    t.equal(await nameRead(), name)
    reader.toPostgres.delay(0)
    writer.toRedis.thaw()
  }
})

t.test('what was acknowledged is read also where reads go to a copy of the database that lags', async t => {
  const redis = await startRedis(t)
  const asked = new Redis(redis.url)
  t.teardown(() => asked.disconnect())
  const own = await startPostgres(t)
  // Its database goes with it.
  const urls = await universeDatabase({ teardown: () => undefined }, own)
  const { replica } = await startReplica(t, own, { recovery_min_apply_delay: '150ms' })
  const copy = new URL(urls.DATABASE_READ_URL)
  copy.port = `${replica.port}`
  const extra = { DATABASE_REPLICA_URLS: copy.href }
  const replicas = [
    await openReplica(t, urls, redis, { ...product, ...extra }),
    await openReplica(t, urls, redis, { ...product, ...extra })
  ]

  /** As 30 s would do: what is kept is old by now. */
  const grown = () => Promise.all(USERS.map(user => asked.hincrby(userEntryKey(user), 'at', -30_000)))

  const { stale, errors } = await disturbed(replicas, 10, async () => {
    await grown()
    await delay(100)
  })

  t.strictSame(stale, [])
  t.strictSame([...errors], [])
  const went = (place: string) =>
    Promise.all(replicas.map(({ counted }) => counted('database_reads_total', { place }))).then(
      ([a = 0, b = 0]) => a + b
    )
  t.ok((await went('lagging')) > 0)
  await until(async () => {
    await grown()
    for (const { universes } of replicas) await universes.of('alice')
    return (await went('replica')) > 0
  })
})
