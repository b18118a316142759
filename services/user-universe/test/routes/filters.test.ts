import { randomUUID } from 'node:crypto'
import { Value } from '@sinclair/typebox/value'
import { createFilter, createWatchlist, Problem, SavedFilter } from '@tickstock/contracts'
import { startPostgres } from '@tickstock/test-kit'
import t from 'tap'
import { startApp } from '../fixtures/start-app.ts'

const server = await startPostgres(t)
const { url } = createFilter
const strong = { name: 'Strong', criteria: { confidence_min: 0.8, rsi_range: '30,70' } }

t.test('a filter is saved, read, replaced, patched and deleted', async t => {
  const { as } = await startApp(t, server)
  const alice = as('alice')

  const created = await alice('POST', url, { ...strong, name: '  Strong ' })
  const where = String(created.headers.location)
  const read = await alice('GET', where)
  const replaced = await alice('PUT', where, { name: 'Weak', criteria: {} }, { 'if-match': '"1"' })
  const patched = await alice('PATCH', where, { is_default: true }, { 'if-match': '"2"' })
  const listed = await alice('GET', url)
  const deleted = await alice('DELETE', where, undefined, { 'if-match': '"3"' })

  t.equal(created.statusCode, 201)
  t.ok(Value.Check(SavedFilter, created.json()))
  t.match(created.json(), { ...strong, is_default: false })
  t.equal(created.headers['cache-control'], 'private, no-store')
  t.strictSame(read.json(), created.json())
  t.strictSame(
    [created, read, replaced, patched].map(({ headers }) => headers.etag),
    ['"1"', '"1"', '"2"', '"3"']
  )
  t.match(patched.json(), { name: 'Weak', criteria: {}, is_default: true })
  t.strictSame(listed.json(), { filters: [patched.json()] })
  t.equal(deleted.statusCode, 204)
  t.equal((await alice('GET', where)).json().code, 'filter_not_found')
})

t.test('who changes another version than the current one is told, and shown it', async t => {
  const { as } = await startApp(t, server)
  const alice = as('alice')
  const created = await alice('POST', url, strong)

  const answer = await alice('PUT', String(created.headers.location), strong, { 'if-match': '"7"' })

  t.equal(answer.statusCode, 412)
  t.ok(Value.Check(Problem, answer.json()))
  t.strictSame(answer.json().current, created.json())
})

t.test('what no scan could run is not saved, and named by field', async t => {
  const { as } = await startApp(t, server)
  const alice = as('alice')
  const where = String((await alice('POST', url, strong)).headers.location)
  const refused = async (criteria: object) => {
    const answers = [
      await alice('POST', url, { name: 'x', criteria }),
      await alice('PUT', where, { name: 'x', criteria }),
      await alice('PATCH', where, { criteria })
    ]
    for (const answer of answers) t.equal(answer.statusCode, 400)
    const fields = answers.map(answer =>
      answer
        .json()
        .errors.map(({ field }: { field: string }) => field)
        .join()
    )
    t.equal(new Set(fields).size, 1)
    return fields[0]
  }

  t.equal(await refused({ confidence_min: 2 }), 'body.criteria.confidence_min')
  t.equal(await refused({ confidence_min: '0.5' }), 'body.criteria.confidence_min')
  t.equal(await refused({ page: 1 }), 'body.criteria.page')
  t.equal(await refused({ rsi_range: '70,30' }), 'body.criteria.rsi_range')
  t.equal(await refused({ symbols: ['A,,B'] }), 'body.criteria.symbols')
  t.equal(await refused({ symbols: ['A\u0000'] }), 'body.criteria.symbols')
  t.equal(await refused({ timeframe: 'a\ud800' }), 'body.criteria.timeframe')
  t.equal(await refused({ watchlist: 'mine' }), 'body.criteria.watchlist')
  t.equal(await refused({ watchlist: randomUUID() }), 'body.criteria.watchlist')
})

t.test('a filter of another’s watchlist is refused as one of none', async t => {
  const { as } = await startApp(t, server)
  const watchlist = (await as('alice')('POST', createWatchlist.url, { name: 'Tech', symbols: [] })).json().id

  t.equal((await as('bob')('POST', url, { name: 'x', criteria: { watchlist } })).statusCode, 400)
  t.equal((await as('alice')('POST', url, { name: 'x', criteria: { watchlist } })).statusCode, 201)
})
