import { type Pattern, type PatternEvent, perChannel, type ScanAnswer } from '@tickstock/contracts'
import t, { type Test } from 'tap'
import { createHttpClient, type HttpClient } from '../../src/index.ts'
import { type Answer, json, TestService } from '../server.ts'

const uuid = '018f4d3e-0000-7000-8000-000000000001'
const filter = {
  id: uuid,
  name: 'Sure',
  criteria: { confidence_min: 0.8 },
  is_default: false,
  version: 3,
  created_at: 1,
  updated_at: 2
}

const patternOf = (n: number): Pattern => ({
  id: `S${n}:Doji:daily:1`,
  symbol: `S${n}`,
  pattern: 'Doji',
  channel: 'daily',
  timeframe: 'daily',
  detected_at: 1,
  confidence: 0.9,
  price: null,
  change: null,
  indicators: {},
  expires_at: 2,
  updated_at: 1,
  synthetic: false
})

const freshness = { stale: false, as_of: 1 }
const positions = perChannel(() => ({ epoch: 'e', offset: 1 }))
const counts = perChannel(() => 1)

const ok =
  (body: unknown, headers = {}): Answer =>
  () => ({ status: 200, body, headers: { ...json, ...headers } })

async function given(t: Test, ...answers: Answer[]) {
  const service = await new TestService().start(t)
  service.answers = answers
  return { service, client: createHttpClient({ url: service.url, user: 'ann', timeoutMs: 5_000 }) }
}

t.test('each route of patterns and saved filters has its call, and gives what was answered', async t => {
  const { service, client } = await given(t)
  const { patterns, filters } = client
  const page = service.scanAnswer()
  const event: PatternEvent = { id: 'f', published_at: 1, kind: 'pattern_detected', pattern: patternOf(1) }
  const draft = { name: 'Sure', criteria: { confidence_min: 0.8 } }
  const row = {
    symbol: 'AAPL',
    pattern: 'Doji',
    conf: 0.9,
    rs: '1.4x',
    vol: '2.1x',
    price: '$1.00',
    chg: '+1.0%',
    time: '1m',
    exp: '4h',
    source: 'daily'
  }
  const calls: [string, () => Promise<unknown>, unknown][] = [
    ['GET /api/patterns/scan', () => client.scan(), page],
    ['GET /api/patterns/scan?watchlist=w', () => patterns.scan({ watchlist: 'w' }), page],
    [
      'GET /api/patterns/scan?page=2&view=display',
      () => patterns.scanDisplay({ page: 2 }),
      { ...page, patterns: [row] }
    ],
    ['GET /api/patterns/scan?view=display', () => patterns.scanDisplay(), page],
    ['GET /api/patterns/S1%3ADoji%3Adaily%3A1', () => client.pattern('S1:Doji:daily:1'), patternOf(1)],
    [
      'GET /api/patterns/a/history',
      () => patterns.history('a'),
      { id: 'a', events: [{ position: positions.daily, appended_at: 1, event }], complete: true }
    ],
    [
      'GET /api/patterns/summary',
      () => patterns.summary(),
      {
        total: 1,
        high_confidence: 1,
        by_channel: counts,
        by_type: [{ name: 'Doji', count: 1 }],
        by_timeframe: [],
        by_sector: [],
        by_symbol: [],
        top: { confidence: [patternOf(1)], relative_strength: [], relative_volume: [], newest: [] },
        positions,
        ...freshness
      }
    ],
    [
      'GET /api/patterns/types',
      () => patterns.types(),
      { types: [{ name: 'Doji', short: 'Doji', count: 1, confidence: 0.9 }] }
    ],
    [
      'GET /api/patterns/performance',
      () => patterns.performance(),
      { window: { requests: 0, from: null, to: null }, routes: [] }
    ],
    [
      'GET /api/patterns/stats',
      () => patterns.stats(),
      {
        live: 1,
        by_channel: counts,
        positions,
        ingest: {
          received: 1,
          appended: 1,
          duplicates: 0,
          dead_letters: 0,
          lost: 0,
          late: 0,
          queued: 0,
          per_second: 0.5
        },
        scans: { answered: 1, remembered: 0 },
        evicted: 0,
        uptime_ms: 1,
        ...freshness
      }
    ],
    [
      'GET /api/patterns/health',
      () => patterns.health(),
      { status: 'healthy', live: 1, listening: true, log_lag_ms: null, sectors: 'known', ...freshness }
    ],
    [`GET /api/users/universe/filters/${uuid}`, () => filters.get(uuid), filter],
    [`PUT /api/users/universe/filters/${uuid}`, () => filters.replace(uuid, draft), filter],
    [`PATCH /api/users/universe/filters/${uuid}`, () => filters.patch(uuid, { is_default: true }), filter]
  ]

  for (const [route, call, answer] of calls) {
    service.answers = [ok(answer)]
    t.same(await call(), answer, route)
    const { method, url, headers } = service.requests.at(-1) ?? {}
    t.equal(`${method} ${url}`, route)
    t.equal(headers?.['x-user-id'], 'ann')
  }

  service.answers = [() => ({ status: 201, body: filter })]
  t.same(await filters.create(draft), filter)
  service.answers = [ok({ filters: [filter] }), () => ({ status: 204 })]
  t.same(await filters.list(), [filter])
  t.equal(await filters.delete(uuid, { version: 3 }), undefined)
  t.equal(service.requests.at(-1)?.headers['if-match'], '"3"')
})

t.test('all pages come by cursor, with the same query each', async t => {
  const pageOf = (number: number, next_cursor: string | null, service: TestService): ScanAnswer => ({
    ...service.scanAnswer(),
    patterns: [patternOf(2 * number), patternOf(2 * number + 1)],
    page: number,
    next_cursor
  })
  const walk = async (read: (client: HttpClient) => AsyncGenerator<unknown>) => {
    const { service, client } = await given(t)
    service.answers = [ok(pageOf(1, 'c1', service)), ok(pageOf(2, 'c2', service)), ok(pageOf(3, null, service))]
    const found: unknown[] = []
    for await (const one of read(client)) found.push(one)
    return { found, urls: service.requests.map(({ url }) => url) }
  }

  const all = await walk(client => client.patterns.all({ symbols: ['A', 'B'] }))
  t.same(all.found, [2, 3, 4, 5, 6, 7].map(patternOf))
  t.same(all.urls, [
    '/api/patterns/scan?per_page=100&symbols=A&symbols=B',
    '/api/patterns/scan?per_page=100&symbols=A&symbols=B&cursor=c1',
    '/api/patterns/scan?per_page=100&symbols=A&symbols=B&cursor=c2'
  ])
  const pages = await walk(client => client.patterns.pages({ per_page: 2 }))
  t.match(pages.found, [{ page: 1 }, { page: 2 }, { page: 3 }])
  t.equal(pages.urls[1], '/api/patterns/scan?per_page=2&cursor=c1')
  t.equal((await walk(client => client.patterns.pages())).found.length, 3)
})

t.test('what is known is asked for by its tag, and is the same object while nothing changed', async t => {
  const known: Answer = ({ headers }) => ({ status: headers['if-none-match'] === '"a"' ? 304 : 500 })
  const { service, client } = await given(t, ok({ sectors: { Energy: ['XOM'] } }, { etag: '"a"' }), known)

  const first = await client.sectors()
  t.equal(await client.sectors(), first)
  service.answers = [ok({ sectors: {} })]
  t.same(await client.sectors(), { sectors: {} })
  await client.sectors()
  t.equal(service.requests.at(-1)?.headers['if-none-match'], undefined, 'an answer without a tag cannot be asked for')

  service.answers = [ok({ watchlists: [], filters: [filter], default_filter: null }, { etag: '"u"' })]
  t.match(await client.universe(), { filters: [filter] })
  t.equal(service.requests.at(-1)?.url, '/api/users/universe')
})

t.test('a universe goes into a file and comes from one, once', async t => {
  const file = { watchlists: [{ name: 'Tech', symbols: ['AAPL'] }], filters: [] }
  const report = { watchlists: [{ name: 'Tech', id: uuid, outcome: 'added' }], filters: [] }
  const { service, client } = await given(t, ok(file), ok(report), () => ({ status: 502, body: '' }))

  t.same(await client.exportUniverse(), file)
  t.same(await client.importUniverse(file, { onConflict: 'rename' }), report)
  await t.rejects(client.importUniverse(file), { name: 'RequestError', temporary: true })
  t.same(
    service.requests.map(({ method, url }) => `${method} ${url}`),
    [
      'GET /api/users/universe/export',
      'POST /api/users/universe/import?on_conflict=rename',
      'POST /api/users/universe/import?on_conflict=skip'
    ]
  )
  t.equal(service.requests[1]?.body, JSON.stringify(file))
})

t.test('a service speaks for itself, and for whoever it serves', async t => {
  const service = await new TestService().start(t)
  service.answers = [ok(service.scanAnswer())]
  const client = createHttpClient({ url: service.url, headers: async () => ({ authorization: 'Bearer service' }) })

  await client.scan()
  await client.as({ token: 'ann' }).scan()
  await client.scan()

  t.same(
    service.requests.map(({ headers }) => headers.authorization),
    ['Bearer service', 'Bearer ann', 'Bearer service']
  )
})
