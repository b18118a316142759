import { Value } from '@sinclair/typebox/value'
import { ScanAnswer } from '@tickstock/contracts'
import { createRegistry } from '@tickstock/service-kit'
import t, { type Test } from 'tap'
import { buildApp } from '../../src/app.ts'
import { PatternView } from '../../src/domain/view/pattern-view.ts'
import { createInstruments } from '../../src/instruments.ts'
import { detected, entryOf, patternOf, silent } from '../events.ts'
import { standIns } from '../stand-ins.ts'

const SECRET = 'a secret of thirty-two characters'

function appWith(t: Test, { built = true, stale = false, mode = 'development' as 'development' | 'token' } = {}) {
  const view = new PatternView({ maxLivePatterns: 100 })
  if (built)
    for (const channel of ['daily', 'intraday', 'combo'] as const) view.reset(channel, [], { epoch: 'e', offset: 0 })
  const registry = createRegistry()
  const app = buildApp({
    config: { AUTH_MODE: mode, AUTH_SECRET: SECRET, DRAIN_MS: 0 },
    logger: silent,
    registry,
    view,
    freshness: () => ({ built, asOf: 1234, stale }),
    listening: () => built,
    scans: createInstruments(registry).scans,
    ...standIns
  })
  t.teardown(() => app.close())
  const get = (url: string, headers = {}) => app.inject({ url, headers })
  return { view, get }
}

const doji = patternOf({ symbol: 'MSFT', confidence: 0.9 })
const flag = patternOf({ pattern: 'Bull_Flag', confidence: 0.6, indicators: { rsi: 55 } })

const withTwo = (t: Test, options = {}) => {
  const made = appWith(t, options)
  made.view.apply('daily', [entryOf(1, detected(doji), 'e'), entryOf(2, detected(flag), 'e')])
  return made
}

t.test('a scan answers with patterns, positions and how fresh they are', async t => {
  const { get } = withTwo(t)
  const reply = await get('/api/patterns/scan')

  t.equal(reply.statusCode, 200)
  t.equal(reply.headers['content-type'], 'application/json; charset=utf-8')
  t.equal(reply.headers['cache-control'], 'no-cache')
  t.ok(Value.Check(ScanAnswer, reply.json()))
  t.same(reply.json(), {
    patterns: [doji, flag],
    page: 1,
    per_page: 30,
    total: 2,
    pages: 1,
    next_cursor: null,
    positions: {
      daily: { epoch: 'e', offset: 2 },
      intraday: { epoch: 'e', offset: 0 },
      combo: { epoch: 'e', offset: 0 }
    },
    stale: false,
    as_of: 1234
  })
})

t.test('filters, sorts and pages as asked', async t => {
  const { get } = withTwo(t)
  const ids = async (query: string) =>
    (await get(`/api/patterns/scan?${query}`)).json().patterns.map((each: { id: string }) => each.id)

  t.same(await ids('symbols=msft&symbols=ibm'), [doji.id])
  t.same(await ids('symbols=MSFT,AAPL&sort_by=symbol&sort_order=asc'), [flag.id, doji.id])
  t.same(await ids('pattern_types=bull_flag'), [flag.id])
  t.same(await ids('rsi_range=50,60&timeframe=Daily&confidence_min=0.5'), [flag.id])
  t.same(await ids('per_page=1&page=2'), [flag.id])
  t.same(await ids('page=9'), [])
})

t.test('what cannot be meant gets 400 and the field', async t => {
  const { get } = withTwo(t)
  for (const [query, field] of Object.entries({
    'symbols=AAPL,': 'query.symbols',
    'rsi_range=70,30': 'query.rsi_range',
    'rsi_range=a': 'query.rsi_range',
    'confidence_min=85': 'query.confidence_min',
    'per_page=101': 'query.per_page',
    'page=0': 'query.page',
    'sort_by=price': 'query.sort_by',
    'cursor=abc': 'query.cursor',
    'price=1': 'query.price'
  })) {
    const reply = await get(`/api/patterns/scan?${query}`)
    t.equal(reply.statusCode, 400, query)
    t.match(reply.json(), { code: 'invalid_request', errors: [{ field }] }, query)
  }
})

t.test('who has the answer already gets 304, until it is another', async t => {
  const { view, get } = withTwo(t)
  const { headers } = await get('/api/patterns/scan')
  const etag = `${headers['etag']}`

  for (const known of [etag, etag.slice(2), `"other", ${etag}`, '*']) {
    const reply = await get('/api/patterns/scan', { 'if-none-match': known })
    t.equal(reply.statusCode, 304, known)
    t.equal(reply.body, '')
    t.equal(reply.headers['etag'], etag)
  }
  t.equal((await get('/api/patterns/scan?page=2', { 'if-none-match': etag })).statusCode, 200)

  view.apply('daily', [entryOf(3, detected(patternOf({ symbol: 'NEW' })), 'e')])
  t.equal((await get('/api/patterns/scan', { 'if-none-match': etag })).statusCode, 200)
})

t.test('while the log cannot be read, an answer says that it is stale, and is another answer', async t => {
  const fresh = await withTwo(t).get('/api/patterns/scan')
  const stale = await withTwo(t, { stale: true }).get('/api/patterns/scan')
  t.match(stale.json(), { stale: true, total: 2 })
  t.not(stale.headers['etag'], fresh.headers['etag'])
})

t.test('one pattern by its id', async t => {
  const { get } = withTwo(t)
  const reply = await get(`/api/patterns/${encodeURIComponent(flag.id)}`)
  t.equal(reply.headers['content-type'], 'application/json; charset=utf-8')
  t.same(reply.json(), flag)
  t.match((await get('/api/patterns/unheard-of')).json(), { status: 404, code: 'pattern_not_found' })
})

t.test('before the view is built there is no answer, and no traffic', async t => {
  const { get } = appWith(t, { built: false })
  for (const url of ['/api/patterns/scan', '/api/patterns/x']) {
    t.match((await get(url)).json(), { status: 503, code: 'not_ready' }, url)
  }
  t.equal((await get('/health/ready')).statusCode, 503)
  t.equal((await get('/health/live')).statusCode, 200)
})

t.test('in token mode nobody is served without one', async t => {
  const { get } = withTwo(t, { mode: 'token' })
  for (const url of ['/api/patterns/scan', '/api/patterns/x']) {
    t.match((await get(url)).json(), { status: 401, code: 'unauthenticated' }, url)
  }
  t.equal((await get('/health/ready')).statusCode, 200)
})
