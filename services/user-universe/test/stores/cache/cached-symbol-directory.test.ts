import { startPostgres, startRedis, type Teardown, until } from '@tickstock/test-kit'
import { Redis } from 'ioredis'
import t from 'tap'
import { openReplica } from '../../fixtures/open-replica.ts'
import { listSymbols, universeDatabase } from '../../fixtures/universe-database.ts'

const server = await startPostgres(t)

async function listed(t: Teardown) {
  const redis = await startRedis(t)
  const urls = await universeDatabase(t, server)
  await listSymbols(urls, [
    { symbol: 'AAPL', name: 'Apple Inc.', sector: 'Technology' },
    { symbol: 'AMZN', name: 'Amazon.com' }
  ])
  const client = new Redis(redis.url)
  t.teardown(() => client.disconnect())
  const replica = await openReplica(t, urls, redis)
  const queries = () => replica.counted('database_reads_total')
  const keys = () => client.keys('tickstock:{universe}:symbols:*')
  return { replica, queries, keys }
}

t.test('what everybody types first is searched once, each question for itself', async t => {
  const { replica, queries, keys } = await listed(t)
  const { symbols } = replica
  const first = await symbols.search({ q: 'a', limit: 10 })
  await until(async () => (await keys()).length === 1)

  t.strictSame(await symbols.search({ q: 'A', limit: 10 }), first)
  t.equal(await queries(), 1)
  for (const search of [
    { q: 'a', limit: 1 },
    { q: 'a', limit: 10, sector: 'Technology' },
    { q: 'a', limit: 10, market: 'stocks' },
    { limit: 10 }
  ]) {
    await symbols.search(search)
  }
  t.equal(await queries(), 5)
})

t.test('long searches and later pages are not kept', async t => {
  const { replica, keys } = await listed(t)
  const { symbols } = replica
  const { next } = await symbols.search({ q: 'a', limit: 1 })
  await until(async () => (await keys()).length === 1)

  t.match(await symbols.search({ q: 'apple', limit: 10 }), { symbols: [{ symbol: 'AAPL' }] })
  if (next !== null) await symbols.search({ q: 'a', limit: 1, after: next })
  t.equal((await keys()).length, 1)
})

t.test('a symbol is looked up once, and one that is not listed too', async t => {
  const { replica, queries, keys } = await listed(t)
  const { symbols } = replica
  for (let n = 0; n < 3; n += 1) {
    t.match(await symbols.find('AAPL'), { name: 'Apple Inc.' })
    t.equal(await symbols.find('NONE'), undefined)
    await until(async () => (await keys()).length === 2)
  }
  t.equal(await queries(), 2)
})
