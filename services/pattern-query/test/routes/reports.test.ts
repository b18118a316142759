import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import {
  checkOf,
  PatternHealth,
  PatternPerformance,
  PatternStats,
  PatternSummary,
  PatternTypes,
  ProblemError
} from '@tickstock/contracts'
import t from 'tap'
import { detected, entryOf, patternOf } from '../events.ts'
import { standIns } from '../stand-ins.ts'
import { appWith } from './app-with.ts'

const patterns = [
  patternOf({ symbol: 'MSFT', confidence: 0.9, indicators: { relative_strength: 1.1 } }),
  patternOf({ symbol: 'AAPL', confidence: 0.8, indicators: { relative_strength: 1.9, relative_volume: 3 } }),
  patternOf({
    symbol: 'AAPL',
    pattern: 'Bull_Flag',
    timeframe: '5min',
    confidence: 0.4,
    detected_at: 1_700_000_000_001
  })
]
const [msft, aapl, flag] = patterns

const sectors = new Map([['technology', 'Technology']])
const universe = { own: undefined, sectorNames: () => sectors, sectors: () => 'known' as const }

const REPORTS = ['summary', 'types', 'stats', 'performance', 'health']

t.test('the summary counts and names the best', async t => {
  const { view, get } = appWith(t, { patterns, universe })
  view.setSectors(new Map([['AAPL', 'technology']]))
  const reply = await get('/api/patterns/summary')

  t.equal(reply.statusCode, 200)
  t.equal(reply.headers['cache-control'], 'no-cache')
  t.ok(checkOf(PatternSummary).accepts(reply.json()))
  t.same(reply.json(), {
    total: 3,
    high_confidence: 2,
    by_channel: { daily: 3, intraday: 0, combo: 0 },
    by_type: [
      { name: 'Doji', count: 2 },
      { name: 'Bull_Flag', count: 1 }
    ],
    by_timeframe: [
      { name: 'daily', count: 2 },
      { name: '5min', count: 1 }
    ],
    by_sector: [{ name: 'Technology', count: 2 }],
    by_symbol: [
      { name: 'AAPL', count: 2 },
      { name: 'MSFT', count: 1 }
    ],
    top: {
      confidence: [msft, aapl, flag],
      relative_strength: [aapl, msft],
      relative_volume: [aapl],
      newest: [flag, msft, aapl]
    },
    positions: view.positions,
    stale: false,
    as_of: 1_234
  })
})

t.test('lists of the summary have bounds, and sectors that are not known are left out', async t => {
  const many = Array.from({ length: 120 }, (_, n) => patternOf({ symbol: `S${n}`, confidence: n / 120 }))
  const { get } = appWith(t, { patterns: many })
  const { by_symbol, by_sector, top } = (await get('/api/patterns/summary')).json()
  t.equal(by_symbol.length, 50)
  t.same(by_sector, [])
  t.equal(top.confidence.length, 10)
  t.same(top.relative_volume, [])
})

t.test('types that live now, by name, with their mean confidence', async t => {
  const { get } = appWith(t, { patterns })
  const reply = await get('/api/patterns/types')
  t.ok(checkOf(PatternTypes).accepts(reply.json()))
  t.same(reply.json(), {
    types: [
      { name: 'Bull_Flag', short: 'BullFlag', count: 1, confidence: 0.4 },
      { name: 'Doji', short: 'Doji', count: 2, confidence: 0.85 }
    ]
  })
})

t.test('who has a report already gets 304, until it is another', async t => {
  for (const name of ['summary', 'types']) {
    const { add, get } = appWith(t, { patterns })
    const { etag } = (await get(`/api/patterns/${name}`)).headers
    const known = await get(`/api/patterns/${name}`, { 'if-none-match': `${etag}` })
    t.equal(known.statusCode, 304, name)
    t.equal(known.body, '')
    add(patternOf({ symbol: 'NEW' }))
    t.equal((await get(`/api/patterns/${name}`, { 'if-none-match': `${etag}` })).statusCode, 200, name)
  }
})

t.test('a stale summary is another answer', async t => {
  const fresh = await appWith(t, { patterns }).get('/api/patterns/summary')
  const stale = await appWith(t, { patterns, stale: true }).get('/api/patterns/summary')
  t.match(stale.json(), { stale: true, total: 3 })
  t.not(stale.headers['etag'], fresh.headers['etag'])
})

t.test('large reports are compressed for who takes it, by the best of what he names', async t => {
  const { get } = appWith(t, { patterns })
  const plain = await get('/api/patterns/summary')
  t.equal(plain.headers['content-encoding'], undefined)
  t.equal(plain.headers['vary'], 'accept-encoding')
  for (const [accepted, encoding, decode] of [
    ['gzip, br', 'br', brotliDecompressSync],
    ['gzip;q=1, br;q=0', 'gzip', gunzipSync]
  ] as const) {
    const reply = await get('/api/patterns/summary', { 'accept-encoding': accepted })
    t.equal(reply.headers['content-encoding'], encoding)
    t.match(reply.headers['vary'], 'accept-encoding')
    t.match(reply.headers['etag'], /^W\//)
    t.equal(decode(reply.rawPayload).toString(), plain.body)
    t.ok(reply.rawPayload.length < plain.rawPayload.length)
  }
})

t.test('what an answer varies by is told of all of it', async t => {
  const config = { AUTH_MODE: 'development' as const, DRAIN_MS: 0, CORS_ORIGINS: 'https://desk.example.com' }
  const { get } = appWith(t, { patterns, config })
  for (const name of ['summary', 'types', 'export']) {
    const reply = await get(`/api/patterns/${name}`, { 'accept-encoding': 'br', origin: config.CORS_ORIGINS })
    t.match(reply.headers['vary'], /^origin, accept-encoding$/i, name)
    t.equal(reply.headers['access-control-allow-origin'], config.CORS_ORIGINS)
  }
})

t.test('stats tell what this replica holds and has done', async t => {
  const ingest = () => ({
    received: 9,
    appended: 7,
    duplicates: 1,
    deadLetters: 1,
    lost: 0,
    queued: 2,
    perSecond: 1.23456
  })
  const { view, get } = appWith(t, { patterns, ingest })
  for (let n = 0; n < 4; n++) await get('/api/patterns/scan')
  view.apply('daily', [entryOf(4, detected({ ...patternOf({ symbol: 'MSFT' }), updated_at: -1 }), 'e')])
  const reply = await get('/api/patterns/stats')

  t.ok(checkOf(PatternStats).accepts(reply.json()))
  t.match(reply.json(), {
    live: 3,
    by_channel: { daily: 3, intraday: 0, combo: 0 },
    positions: view.positions,
    ingest: { received: 9, appended: 7, duplicates: 1, dead_letters: 1, lost: 0, late: 1, queued: 2, per_second: 1.23 },
    scans: { answered: 4 },
    evicted: 0,
    stale: false
  })
  t.ok(reply.json().scans.remembered > 0)
  t.ok(checkOf(PatternStats).accepts((await appWith(t, { built: false }).get('/api/patterns/stats')).json()))
})

t.test('performance is told as it was recorded, or that it cannot be read', async t => {
  const figures = { window: { requests: 1, from: 5, to: 6 }, routes: [] }
  const { redis } = standIns.performance
  const able = appWith(t, { performance: { redis, figures: async () => figures } })
  const reply = await able.get('/api/patterns/performance')
  t.ok(checkOf(PatternPerformance).accepts(reply.json()))
  t.same(reply.json(), figures)

  const away = async () => {
    throw new ProblemError('log_unavailable', 'away')
  }
  t.match((await appWith(t, { performance: { redis, figures: away } }).get('/api/patterns/performance')).json(), {
    status: 503,
    code: 'log_unavailable'
  })
})

t.test('health tells whether answers can be relied upon', async t => {
  const healthy = await appWith(t, { patterns, universe }).get('/api/patterns/health')
  t.ok(checkOf(PatternHealth).accepts(healthy.json()))
  t.match(healthy.json(), { status: 'healthy', live: 3, listening: true, sectors: 'known', stale: false, as_of: 1_234 })

  t.match((await appWith(t, { stale: true }).get('/api/patterns/health')).json(), {
    status: 'stale',
    sectors: 'unknown',
    stale: true
  })
  t.match((await appWith(t, { listening: () => false }).get('/api/patterns/health')).json(), {
    status: 'stale',
    listening: false
  })
  t.match((await appWith(t, { built: false }).get('/api/patterns/health')).json(), { status: 503, code: 'not_ready' })
})

t.test('HEAD is the answer without its body', async t => {
  const { app } = appWith(t, { patterns })
  for (const name of [...REPORTS, 'scan', encodeURIComponent(msft?.id ?? '')]) {
    const reply = await app.inject({ method: 'HEAD', url: `/api/patterns/${name}` })
    t.equal(reply.statusCode, 200, name)
    t.equal(reply.body, '', name)
  }
})

t.test('before the view is built there is no report that needs it', async t => {
  const { get } = appWith(t, { built: false })
  for (const name of ['summary', 'types', 'export', 'health']) {
    t.match((await get(`/api/patterns/${name}`)).json(), { status: 503, code: 'not_ready' }, name)
  }
})

t.test('in token mode nobody is served without one', async t => {
  const { get } = appWith(t, {
    patterns,
    config: { AUTH_MODE: 'token', AUTH_SECRET: 'a secret of thirty-two characters', DRAIN_MS: 0 }
  })
  for (const name of ['summary', 'types', 'stats', 'performance', 'export', 'any-id']) {
    t.match((await get(`/api/patterns/${name}`)).json(), { status: 401, code: 'unauthenticated' }, name)
  }
})
