import type { HttpClient } from '@tickstock/client'
import type { ScanSelection } from '@tickstock/contracts'
import { until } from '@tickstock/test-kit'
import type { Redis } from 'ioredis'
import t from 'tap'
import { post } from './producer.ts'
import { startScanSystem } from './scan-system.ts'

const LISTING = { AAPL: 'Technology', MSFT: 'Technology', XOM: 'Energy', JNJ: 'Health Care', SPX: null }
const SYMBOLS = Object.keys(LISTING)

/** One live pattern of each symbol; the later ones are the more confident. */
async function detectAll(producer: Redis): Promise<void> {
  const now = Date.now() / 1000
  for (const [n, symbol] of SYMBOLS.entries()) {
    const data = { symbol, pattern: 'Doji', confidence: 0.5 + n / 10, timestamp: now, expires_at: now + 3_600 }
    await post(
      producer,
      'daily',
      JSON.stringify({ event_type: 'pattern_detected', flow_id: symbol, timestamp: now, data })
    )
  }
}

const symbolsOf = async (client: HttpClient, query: ScanSelection) =>
  (await client.patterns.scan({ ...query, sort_by: 'symbol', sort_order: 'asc' })).patterns.map(({ symbol }) => symbol)

t.test('scans by sector, watchlist and saved filter, each user by his own, through edits and an outage', async t => {
  const { producer, scans, universe, startUniverse, as } = await startScanSystem(t, LISTING)
  const [ann, bob] = await Promise.all([as('ann'), as('bob')])
  await detectAll(producer)
  await until(async () => (await ann.scans.scan()).total === SYMBOLS.length)

  await t.test('a sector is an index like a symbol; one that does not exist is named, with those that do', async t => {
    await until(async () => (await ann.scans.patterns.health()).sectors === 'known')
    t.same(await symbolsOf(ann.scans, { sectors: ['technology'] }), ['AAPL', 'MSFT'])
    t.same(await symbolsOf(ann.scans, { sectors: ['Energy,Technology'], symbols: ['XOM', 'JNJ'] }), ['XOM'])
    await t.rejects(ann.scans.scan({ sectors: ['Tech'] }), {
      code: 'invalid_request',
      problem: { errors: [{ field: 'query.sectors', expected: /: Energy, Health Care, Technology$/ }] }
    })
  })

  const tech = await ann.own.watchlists.create({ name: 'Tech', symbols: ['MSFT', 'AAPL'] })
  const empty = await ann.own.watchlists.create({ name: 'Empty', symbols: [] })
  const sure = await ann.own.filters.create({
    name: 'Sure',
    criteria: { watchlist: tech.id, confidence_min: 0.55, sort_by: 'rs' }
  })

  await t.test('a watchlist gives its symbols alone, and what the query says beside it goes on', async t => {
    t.same(await symbolsOf(ann.scans, { watchlist: tech.id }), ['AAPL', 'MSFT'])
    t.same(await symbolsOf(ann.scans, { watchlist: tech.id, symbols: ['MSFT', 'XOM'] }), ['MSFT'])
    t.same(await symbolsOf(ann.scans, { watchlist: empty.id }), [])
    t.same(await symbolsOf(ann.scans, { filter: sure.id }), ['MSFT'])
    t.same(await symbolsOf(ann.scans, { filter: sure.id, confidence_min: 0 }), ['AAPL', 'MSFT'])
    t.same(await symbolsOf(ann.scans, { filter: sure.id, watchlist: empty.id }), [])

    const exported: string[] = []
    for await (const { symbol } of ann.scans.patterns.export({ filter: sure.id })) exported.push(symbol)
    t.same(exported, ['MSFT'])
  })

  await t.test('what is one user’s is nobody else’s, and kept by nobody on the way', async t => {
    await t.rejects(symbolsOf(bob.scans, { watchlist: tech.id }), { code: 'watchlist_not_found', status: 404 })
    await t.rejects(symbolsOf(bob.scans, { filter: sure.id }), { code: 'filter_not_found', status: 404 })
    const { scans: restricted } = await as('ann', { scope: 'patterns:read' })
    await t.rejects(symbolsOf(restricted, { watchlist: tech.id }), { code: 'forbidden' })

    const reply = await fetch(`${scans.url}/api/patterns/scan?watchlist=${tech.id}`)
    t.equal(reply.status, 401)
    t.notMatch(scans.log.join('\n'), /Bearer|eyJ/)
  })

  await t.test('an edit is seen', async () => {
    await ann.own.watchlists.replace(tech.id, { name: 'Tech', symbols: ['XOM'] })
    await until(async () => (await symbolsOf(ann.scans, { watchlist: tech.id })).join() === 'XOM')

    await ann.own.watchlists.delete(empty.id)
    await until(
      () => symbolsOf(ann.scans, { watchlist: empty.id }).catch(error => error.code === 'watchlist_not_found'),
      {}
    )
  })

  await t.test('while user-universe is away the known goes on, the unknown is a temporary problem', async t => {
    await symbolsOf(ann.scans, { filter: sure.id })
    universe.kill('SIGKILL')
    await universe.exited

    t.same(await symbolsOf(ann.scans, { watchlist: tech.id }), ['XOM'])
    t.same(await symbolsOf(ann.scans, { sectors: ['Technology'] }), ['AAPL', 'MSFT'])
    const { scans: unknown } = await as('carol')
    await t.rejects(symbolsOf(unknown, { watchlist: tech.id }), { code: 'universe_unavailable', temporary: true })
    t.equal((await fetch(`${scans.url}/health/ready`)).status, 200)

    await startUniverse()
    await t.rejects(symbolsOf(unknown, { watchlist: tech.id }), { code: 'watchlist_not_found' })
    const watchlist = await ann.own.watchlists.patch(tech.id, { remove: ['XOM'], add: ['JNJ'] })
    await until(async () => (await symbolsOf(ann.scans, { watchlist: watchlist.id })).join() === 'JNJ')
  })
})
