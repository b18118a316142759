import assert from 'node:assert/strict'
import { Value } from '@sinclair/typebox/value'
import {
  checkOf,
  createFilter,
  createWatchlist,
  exportUniverse,
  getUniverse,
  ImportReport,
  importUniverse,
  Problem,
  Universe,
  UniverseFile,
  Watchlist
} from '@tickstock/contracts'
import { startPostgres } from '@tickstock/test-kit'
import fc from 'fast-check'
import t from 'tap'
import { nameFaults } from '../../src/domain/item-name.ts'
import { startApp } from '../fixtures/start-app.ts'
import { CROWD } from '../fixtures/universe-database.ts'

const server = await startPostgres(t)
const { url } = importUniverse

async function appOf(t: Parameters<typeof startApp>[0]) {
  const { as, app } = await startApp(t, server, { listed: true })
  const csv = (user: string, payload: string, query = '') =>
    app.inject({
      method: 'POST',
      url: `${url}${query}`,
      headers: { 'x-user-id': user, 'content-type': 'text/csv' },
      payload
    })
  return { as, csv }
}

const file = {
  watchlists: [
    { name: 'Tech', symbols: ['AAPL', 'MSFT'] },
    { name: '=1+1', symbols: [] }
  ],
  filters: [
    { name: '\'quoted\', "odd"', criteria: {}, is_default: false },
    { name: 'Strong', criteria: { confidence_min: 0.8, symbols: ['A,B'] }, watchlist: 'tech', is_default: true }
  ]
}

t.test('what one user takes away another can bring, as JSON and as CSV, and it is the same', async t => {
  const { as, csv } = await appOf(t)
  const [alice, bob, carol] = [as('alice'), as('bob'), as('carol')]

  const imported = await alice('POST', url, file)
  const json = await alice('GET', `${exportUniverse.url}?format=json`)
  const text = await alice('GET', `${exportUniverse.url}?format=csv`)
  await bob('POST', url, json.json())
  await csv('carol', text.body)

  t.equal(imported.statusCode, 200)
  t.ok(Value.Check(ImportReport, imported.json()))
  t.strictSame(
    imported.json().watchlists.map(({ outcome }: { outcome: string }) => outcome),
    ['added', 'added']
  )
  t.ok(Value.Check(UniverseFile, json.json()))
  t.match(json.headers, { 'content-disposition': 'attachment; filename="tickstock-universe.json"' })
  t.match(text.headers, { 'content-type': 'text/csv; charset=utf-8', 'cache-control': 'private, no-store' })
  t.match(text.body, /^kind,name,symbols,criteria,watchlist,is_default\r\nwatchlist,'=1\+1,,,,\r\n/)
  for (const user of [bob, carol]) t.strictSame((await user('GET', exportUniverse.url)).json(), json.json())
  const whole = (await carol('GET', getUniverse.url)).json()
  const strong = whole.filters.find(({ name }: { name: string }) => name === 'Strong')
  t.equal(strong.criteria.watchlist, whole.watchlists.find(({ name }: { name: string }) => name === 'Tech').id)
  t.equal(whole.default_filter, strong.id)
})

t.test('a name that the user has: his stays, is replaced, or the new one is renamed', async t => {
  const { as } = await appOf(t)
  const alice = as('alice')
  const mine = (await alice('POST', createWatchlist.url, { name: 'TECH', symbols: ['T'] })).json()
  await alice('POST', createFilter.url, { name: 'Mine', criteria: {}, is_default: true })
  const outcomes = async (query: string) => {
    const report = (await alice('POST', `${url}${query}`, { ...file, watchlists: file.watchlists.slice(0, 1) })).json()
    const told = [...report.watchlists, ...report.filters]
    return told.map(({ name, outcome }: { name: string; outcome: string }) => `${name} ${outcome}`)
  }
  const lists = async () => (await alice('GET', createWatchlist.url)).json().watchlists

  t.strictSame(await outcomes(''), ['TECH skipped', '\'quoted\', "odd" added', 'Strong added'])
  t.strictSame(await lists(), [mine])
  t.strictSame(await outcomes('?on_conflict=rename'), [
    'Tech (2) renamed',
    '\'quoted\', "odd" (2) renamed',
    'Strong (2) renamed'
  ])
  t.strictSame(await outcomes('?on_conflict=replace'), [
    'Tech replaced',
    '\'quoted\', "odd" replaced',
    'Strong replaced'
  ])
  t.match(await lists(), [{ id: mine.id, name: 'Tech', symbols: ['AAPL', 'MSFT'], version: 2 }, { name: 'Tech (2)' }])
  const filters = (await alice('GET', createFilter.url)).json().filters
  t.strictSame(
    filters.flatMap(({ name, is_default }: { name: string; is_default: boolean }) => (is_default ? [name] : [])),
    ['Mine'],
    'a user keeps his own default'
  )
})

t.test('whatever cannot be taken is named by its place, and then nothing is taken', async t => {
  const { as, csv } = await appOf(t)
  const fields = (answer: { json: () => { errors: { field: string }[] } }) => answer.json().errors.map(e => e.field)

  const answers = await Promise.all([
    as('alice')('POST', url, {
      watchlists: [
        { name: 'Good', symbols: ['AAPL'] },
        { name: 'GOOD', symbols: ['NO', 'AAPL', 'NEITHER'] }
      ],
      filters: [{ name: 'x', criteria: {}, watchlist: 'nowhere' }]
    }),
    as('alice')('POST', url, {
      watchlists: [{ name: 'a\u200bb', symbols: [] }],
      filters: [
        { name: 'x', criteria: { rsi_range: '9,1' }, is_default: true },
        { name: 'y', criteria: {}, is_default: true }
      ]
    }),
    as('alice')('POST', url, {
      watchlists: [{ name: 'a', symbols: ['a'] }],
      filters: [{ name: 'x', criteria: { watchlist: '1' } }]
    }),
    csv(
      'alice',
      'kind,name,symbols,criteria\nwatchlist,,\nthing,x\nfilter,y,,{"page":1}\nfilter,z,,{broken\nwatchlist,Good,AAPL'
    ),
    csv('alice', 'kind,name,symbols\nwatchlist,Tech,AAPL NOPE'),
    csv('alice', 'name\nx'),
    csv('alice', 'kind,name\n"watchlist,x')
  ])

  for (const answer of answers) {
    t.equal(answer.statusCode, 400)
    t.ok(Value.Check(Problem, answer.json()))
  }
  t.strictSame(answers.map(fields), [
    [
      'body.watchlists.1.name',
      'body.watchlists.1.symbols.0',
      'body.watchlists.1.symbols.2',
      'body.filters.0.watchlist'
    ],
    ['body.watchlists.0.name', 'body.filters.0.criteria.rsi_range', 'body.filters.1.is_default'],
    fields(answers[2]),
    ['line 2, name', 'line 3, kind', 'line 4, criteria, page', 'line 5, criteria'],
    ['line 2.symbols.1'],
    ['line 1'],
    ['body']
  ])
  t.ok(fields(answers[2]).length > 0)
  t.strictSame((await as('alice')('GET', getUniverse.url)).json(), {
    watchlists: [],
    filters: [],
    default_filter: null
  })
})

t.test('limits hold for a file too, and the largest that they allow is taken', async t => {
  const { as } = await appOf(t)
  const lists = (count: number, symbols: string[]) =>
    Array.from({ length: count }, (_, n) => ({ name: `list ${n}`, symbols }))

  const largest = await as('alice')('POST', url, { watchlists: lists(100, CROWD.slice(0, 1_000)), filters: [] })
  const again = await as('alice')('POST', `${url}?on_conflict=rename`, { watchlists: lists(1, []), filters: [] })
  const huge = await as('bob')('POST', url, { watchlists: [{ name: 'x'.repeat(3_000_000), symbols: [] }], filters: [] })

  t.equal(largest.statusCode, 200)
  t.match(again.json(), { status: 422, code: 'limit_reached' })
  t.equal((await as('alice')('GET', createWatchlist.url)).json().watchlists.length, 100)
  t.match(huge.json(), { status: 413, code: 'payload_too_large' })
})

t.test('a name that is only free to JavaScript is refused, not a fault', async t => {
  const { as } = await appOf(t)
  for (const name of ['\u0130', 'i (2)']) await as('alice')('POST', createWatchlist.url, { name, symbols: [] })

  const answer = await as('alice')('POST', `${url}?on_conflict=rename`, {
    watchlists: [{ name: '\u0130', symbols: [] }],
    filters: []
  })

  t.match(answer.json(), { status: 409, code: 'name_taken' })
})

t.test('only JSON and CSV are files, and only formats that are known', async t => {
  const { as } = await appOf(t)

  const xml = await as('alice')('POST', url, undefined, { 'content-type': 'application/xml' })
  t.ok([400, 415].includes(xml.statusCode))
  t.match((await as('alice')('GET', `${exportUniverse.url}?format=xml`)).json(), {
    errors: [{ field: 'query.format' }]
  })
})

/** Characters that validators count differently where they count units, bytes or graphemes. */
const character = fc.constantFrom('a', 'é', '€', '半', '\u{1f680}', '\u{1f469}\u200d\u{1f680}', '\u{20000}')
const longName = fc
  .tuple(fc.array(character, { minLength: 1, maxLength: 6 }), fc.constantFrom(1, 49, 50, 51, 99, 100))
  .map(([characters, length]) => {
    const points = [...characters.join('')]
    return Array.from({ length }, (_, at) => points[at % points.length]).join('')
  })
  .filter(name => nameFaults(name, '').length === 0)

t.test('a name that is accepted is read, repeated, exported and imported, as long as it may be', async t => {
  const { as, csv } = await appOf(t)
  let user = 0

  await fc.assert(
    fc.asyncProperty(longName, longName, async (name, other) => {
      const [alice, bob] = [`alice${++user}`, `bob${user}`]
      const once = { 'idempotency-key': 'one' }
      const [list, filter] = [
        { name, symbols: ['AAPL'] },
        { name: other, criteria: { sectors: [name], timeframe: '\u{1f680}'.repeat(32) } }
      ]

      const created = await as(alice)('POST', createWatchlist.url, list, once)
      const again = await as(alice)('POST', createWatchlist.url, list, once)
      const saved = await as(alice)('POST', createFilter.url, filter, { 'idempotency-key': 'two' })
      const all = await as(alice)('GET', getUniverse.url)
      const json = await as(alice)('GET', `${exportUniverse.url}?format=json`)
      const text = await as(alice)('GET', `${exportUniverse.url}?format=csv`)
      const imported = await csv(bob, text.body)
      const file = await as(bob)('GET', `${exportUniverse.url}?format=json`)

      assert.deepEqual([created.statusCode, again.statusCode, saved.statusCode], [201, 201, 201])
      assert.deepEqual(again.json(), created.json())
      assert.ok(checkOf(Watchlist).accepts(created.json()))
      assert.ok(checkOf(Universe).accepts(all.json()))
      assert.ok(checkOf(UniverseFile).accepts(json.json()))
      assert.equal(imported.statusCode, 200, imported.body)
      assert.deepEqual(file.json(), json.json())
    }),
    { numRuns: 25 }
  )
})
