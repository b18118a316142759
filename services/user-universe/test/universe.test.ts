import { Value } from '@sinclair/typebox/value'
import { createWatchlist, getUniverse, getWatchlist, userEntryKey, Watchlist } from '@tickstock/contracts'
import { createLogger, createRegistry, Lifetime } from '@tickstock/service-kit'
import { startFaultProxy, startPostgres, startRedis, startService, until } from '@tickstock/test-kit'
import { Redis } from 'ioredis'
import t from 'tap'
import { openUniverse } from '../src/universe.ts'
import { through, universeDatabase } from './fixtures/universe-database.ts'

const server = await startPostgres(t)

t.test(
  'a Redis without the relay’s role, or the other way round, is refused: edits go from one to the other',
  async t => {
    const urls = await universeDatabase(t, server)
    const logger = createLogger({ service: 'test', level: 'silent' })
    const open = (config: object) => () =>
      openUniverse({
        config: {
          DATABASE_READ_URL: urls.DATABASE_READ_URL,
          DATABASE_WRITE_URL: urls.DATABASE_WRITE_URL,
          DATABASE_POOL_SIZE: 1,
          ...config
        },
        logger,
        lifetime: new Lifetime({ logger, each: 1_000 }),
        registry: createRegistry()
      })
    const refused = { name: 'ConfigError', message: /^REDIS_URL and DATABASE_RELAY_URL: expected both or neither/ }

    t.throws(open({ REDIS_URL: 'redis://127.0.0.1:1' }), refused)
    t.throws(open({ DATABASE_RELAY_URL: urls.DATABASE_RELAY_URL }), refused)
  }
)

t.test('two replicas over HTTP: an edit through one is read through the other, also when Postgres is away', async t => {
  const redis = await startRedis(t)
  const client = new Redis(redis.url)
  t.teardown(() => client.disconnect())
  const proxy = await startFaultProxy(t, { target: { host: '127.0.0.1', port: server.port } })
  const urls = await universeDatabase(t, server)
  const env = {
    AUTH_MODE: 'development',
    REDIS_URL: redis.url,
    DATABASE_READ_URL: through(proxy.port, urls.DATABASE_READ_URL),
    DATABASE_WRITE_URL: through(proxy.port, urls.DATABASE_WRITE_URL),
    DATABASE_RELAY_URL: through(proxy.port, urls.DATABASE_RELAY_URL)
  }
  const [one, other] = await Promise.all([1, 2].map(() => startService(t, { service: 'user-universe', env })))
  const headers = { 'x-user-id': 'alice', 'content-type': 'application/json' }
  const ask = (replica: typeof one, path: string, init: RequestInit = {}) =>
    fetch(`${replica?.url}${path}`, { ...init, headers })

  const made = await ask(one, createWatchlist.url, { method: 'POST', body: '{"name":"Tech","symbols":[]}' })
  const { id } = Value.Decode(Watchlist, await made.json())
  const fresh = await ask(other, getUniverse.url)
  t.match(await fresh.json(), { watchlists: [{ id }] })
  t.equal(fresh.headers.get('x-tickstock-stale'), null)
  t.match(fresh.headers.get('age'), /^\d$/)

  await proxy.cut()
  await client.hincrby(userEntryKey('alice'), 'at', -60_000)
  const stale = await ask(other, getWatchlist.url.replace(':id', id))
  t.match(await stale.json(), { name: 'Tech' })
  t.equal(stale.headers.get('x-tickstock-stale'), 'true')
  t.ok(Number(stale.headers.get('age')) >= 60)
  t.equal((await ask(other, getWatchlist.url.replace(':id', crypto.randomUUID()))).status, 404)

  await proxy.restore()
  await until(async () => (await ask(other, getUniverse.url)).headers.get('x-tickstock-stale') === null)
  const metrics = await (await fetch(`${other?.url}/metrics`)).text()
  for (const name of ['cache_reads_total', 'cache_invalidations_total', 'change_delay_seconds', 'outbox_age_seconds']) {
    t.match(metrics, new RegExp(`^user_universe_${name}`, 'm'))
  }
  for (const replica of [one, other]) t.match(await replica?.stop(), { code: 0 })
})
