import { Value } from '@sinclair/typebox/value'
import { DisplayAnswer, ScanAnswer } from '@tickstock/contracts'
import t from 'tap'
import { entryOf, expired, patternOf } from '../events.ts'
import { appWith } from './app-with.ts'

const SCAN = '/api/patterns/scan'
const patterns = Array.from({ length: 5 }, (_, n) => patternOf({ symbol: `S${n}`, confidence: n / 10 }))

t.test('a query that was understood once is answered as before, and its answer again from memory', async t => {
  const { add, get } = appWith(t, { patterns })
  const url = `${SCAN}?confidence_min=0.3`

  const [first, second, third] = [await get(url), await get(url), await get(url)]
  add(patternOf({ symbol: 'NEW', confidence: 0.9 }))
  const last = await get(url)

  t.ok(Value.Check(ScanAnswer, first?.json()))
  t.equal(second?.body, first?.body)
  t.equal(third?.body, first?.body)
  t.equal(third?.headers['etag'], first?.headers['etag'])
  t.match(last.json(), { total: 3, positions: { daily: { offset: 6 } } })
  const { scans } = (await get('/api/patterns/stats')).json()
  t.same(scans, { answered: 4, remembered: 1 })
  const metrics = (await get('/metrics')).body
  t.match(metrics, /pattern_query_scans_total\{remembered="yes".*\} 1/)
  t.match(metrics, /pattern_query_scan_seconds_count\{.*\} 4/)
})

t.test('an answer tells its type, its tag, who may keep it and how long the scan took', async t => {
  const { get } = appWith(t, { patterns })
  const { headers } = await get(SCAN)
  t.match(headers, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-cache',
    etag: /^W\/"[0-9a-z]+-[0-9a-z]+"$/,
    'server-timing': /^scan;dur=[\d.e-]+$/,
    'x-content-type-options': 'nosniff',
    'x-request-id': /./
  })
})

t.test('HEAD is the answer without its body', async t => {
  const { app } = appWith(t, { patterns })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  for (let round = 0; round < 3; round++) {
    const get = await fetch(`${url}${SCAN}`)
    const head = await fetch(`${url}${SCAN}`, { method: 'HEAD' })
    t.equal(head.status, 200)
    t.equal(head.headers.get('content-length'), `${(await get.arrayBuffer()).byteLength}`)
    t.equal(head.headers.get('etag'), get.headers.get('etag'))
    t.equal(await head.text(), '')
  }
})

t.test('a 304 has the tag and no body, for what is known by its text too', async t => {
  const { get } = appWith(t, { patterns })
  const etag = `${(await get(SCAN)).headers['etag']}`
  for (let round = 0; round < 3; round++) {
    const known = await get(SCAN, { 'if-none-match': etag })
    t.equal(known.statusCode, 304)
    t.equal(known.headers['etag'], etag)
    t.equal(known.body, '')
  }
})

t.test('cursors lead through all pages, from any page by number, with the positions of the first', async t => {
  const { add, get } = appWith(t, { patterns })
  const query = 'per_page=2&sort_by=confidence&sort_order=asc'

  const first = (await get(`${SCAN}?${query}`)).json()
  add(patternOf({ symbol: 'S0', confidence: 0.35, updated_at: 1 }), patternOf({ symbol: 'NEW', confidence: 0.25 }))
  const second = (await get(`${SCAN}?${query}&cursor=${first.next_cursor}`)).json()
  const third = (await get(`${SCAN}?${query}&cursor=${second.next_cursor}`)).json()
  const again = (await get(`${SCAN}?${query}&page=2`)).json()

  const symbols = ({ patterns }: { patterns: { symbol: string }[] }) => patterns.map(({ symbol }) => symbol)
  t.same([first, second, third].map(symbols), [['S0', 'S1'], ['S2', 'S3'], ['S4']])
  t.same([first.page, second.page, third.page], [1, 2, 3])
  t.same(second.positions, first.positions)
  t.same(third.positions, first.positions)
  t.equal(third.next_cursor, null)
  t.same(symbols(again), ['NEW', 'S3'])
  t.same(symbols((await get(`${SCAN}?${query}&cursor=${again.next_cursor}`)).json()), ['S0', 'S4'])
})

t.test('a cursor of something else is refused, and so is one beside a page', async t => {
  const { get } = appWith(t, { patterns })
  const { next_cursor } = (await get(`${SCAN}?per_page=2`)).json()
  const wrong = {
    'not a cursor': 'cursor=abc',
    'not even text': `cursor=${Buffer.from('[1,2').toString('base64url')}`,
    'of another size': `per_page=3&cursor=${next_cursor}`,
    'of another order': `per_page=2&sort_by=rs&cursor=${next_cursor}`
  }
  for (const [what, query] of Object.entries(wrong)) {
    const answer = await get(`${SCAN}?${query}`)
    t.equal(answer.statusCode, 400, what)
    t.match(answer.json(), { code: 'invalid_request', errors: [{ field: 'query.cursor' }] }, what)
  }
  t.match((await get(`${SCAN}?per_page=2&page=2&cursor=${next_cursor}`)).json(), {
    status: 400,
    errors: [{ field: 'query.page' }]
  })
})

t.test('rows for dashboards are ready to print', async t => {
  const { get } = appWith(t, { patterns: [patternOf({ symbol: 'BRK.B', pattern: 'Weekly_Breakout', price: 150.25 })] })
  const answer = (await get(`${SCAN}?view=display`)).json()
  t.ok(Value.Check(DisplayAnswer, answer))
  t.match(answer.patterns, [{ symbol: 'BRK.B', pattern: 'WeeklyBO', price: '$150.25', rs: '-' }])
})

t.test('what is beyond ASCII comes as it was said', async t => {
  const pattern = patternOf({ extra: { note: 'Größe ≥ 3 🚀' } })
  const { get } = appWith(t, { patterns: [pattern] })
  const answer = await get(SCAN)
  t.same(answer.json().patterns, [pattern])
  t.equal(Number(answer.headers['content-length']), answer.body.length)
})

t.test('every wrong field is named, whichever way it is wrong', async t => {
  const { get } = appWith(t, { patterns })
  const answer = await get(`${SCAN}?confidence_min=85&per_page=0&sort_by=price&view=short&colour=red&cursor=`)
  t.equal(answer.statusCode, 400)
  t.same(
    answer
      .json()
      .errors.map(({ field }: { field: string }) => field)
      .sort(),
    ['query.colour', 'query.confidence_min', 'query.cursor', 'query.per_page', 'query.sort_by', 'query.view']
  )
})

t.test('equal rows of another total are another answer', async t => {
  const { get, add } = appWith(t, { patterns: [patternOf({ symbol: 'AAPL', confidence: 0.9 })] })
  for (const view of ['full', 'display']) {
    const url = `/api/patterns/scan?per_page=1&view=${view}`
    const { etag } = (await get(url)).headers
    add(patternOf({ symbol: view === 'full' ? 'MSFT' : 'NVDA', confidence: 0.1 }))
    const again = await get(url, { 'if-none-match': `${etag}` })
    t.equal(again.statusCode, 200, view)
  }
})

for (const view of ['full', 'display'] as const) {
  t.test(`a walk of view=${view} leaves out a pattern that moved and then expired`, async t => {
    const [first, second, third, fourth] = [0.99, 0.98, 0.97, 0.96].map((confidence, n) =>
      patternOf({ symbol: `P${n + 1}`, confidence })
    )
    t.ok(first && second && third && fourth)
    if (!first || !second || !third || !fourth) return
    const { view: patterns, add, get } = appWith(t, { patterns: [first, second, third, fourth] })
    const url = `${SCAN}?per_page=2&view=${view}`
    const { next_cursor } = (await get(url)).json()

    add({ ...third, confidence: 0.5, updated_at: 1 })
    patterns.apply('daily', [entryOf(6, expired({ ...third, updated_at: 2 }), 'e')])

    const page = await get(`${url}&cursor=${next_cursor}`)
    t.match(page.json(), { patterns: [{ symbol: 'P4' }], total: 3, next_cursor: null })
    t.equal(page.json().patterns.length, 1)
  })
}
