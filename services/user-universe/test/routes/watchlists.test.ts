import { randomUUID } from 'node:crypto'
import { Value } from '@sinclair/typebox/value'
import { createWatchlist, Problem, Watchlist } from '@tickstock/contracts'
import { startPostgres } from '@tickstock/test-kit'
import t from 'tap'
import { startApp } from '../fixtures/start-app.ts'
import { asRole, CROWD } from '../fixtures/universe-database.ts'

const server = await startPostgres(t)
const { url } = createWatchlist
const tech = { name: 'Tech', symbols: ['AAPL', 'MSFT'] }

t.test('a watchlist is created, read, replaced, patched and deleted', async t => {
  const { as } = await startApp(t, server, { listed: true })
  const alice = as('alice')

  const created = await alice('POST', url, tech)
  const where = String(created.headers.location)
  const read = await alice('GET', where)
  const replaced = await alice('PUT', where, { name: 'Chips', symbols: ['NVDA'] }, { 'if-match': '"1"' })
  const patched = await alice('PATCH', where, { symbols: ['AMD'] }, { 'if-match': '*' })
  const listed = await alice('GET', url)
  const deleted = await alice('DELETE', where, undefined, { 'if-match': 'W/"3"' })

  t.equal(created.statusCode, 201)
  t.equal(where, `${url}/${created.json().id}`)
  t.ok(Value.Check(Watchlist, created.json()))
  t.strictSame(read.json(), created.json())
  t.strictSame(
    [created, read, replaced, patched].map(({ headers }) => headers.etag),
    ['"1"', '"1"', '"2"', '"3"']
  )
  t.match(replaced.json(), { name: 'Chips', symbols: ['NVDA'] })
  t.match(patched.json(), { name: 'Chips', symbols: ['AMD'] })
  t.strictSame(listed.json(), { watchlists: [patched.json()] })
  t.equal(deleted.statusCode, 204)
  t.equal(deleted.body, '')
  t.equal((await alice('GET', where)).json().code, 'watchlist_not_found')
})

t.test('symbols are put in, taken out and moved without sending the rest', async t => {
  const { as } = await startApp(t, server, { listed: true })
  const alice = as('alice')
  const where = String((await alice('POST', url, tech)).headers.location)

  const edited = await alice('PATCH', where, {
    remove: ['AAPL'],
    add: ['NVDA', 'T'],
    move: { symbol: 'T', before: 'MSFT' }
  })
  const unknown = await alice('PATCH', where, { add: ['AMD', 'NOSUCH'] })

  t.match(edited.json(), { name: 'Tech', symbols: ['T', 'MSFT', 'NVDA'], version: 2 })
  t.match(unknown.json(), { status: 400, errors: [{ field: 'body.add.1' }] })
})

t.test('who changes another version, or takes a taken name, is shown what is there', async t => {
  const { as } = await startApp(t, server, { listed: true })
  const alice = as('alice')
  const created = await alice('POST', url, tech)
  const where = String(created.headers.location)

  const mismatch = await alice('PATCH', where, { add: ['T'] }, { 'if-match': '"2"' })
  const taken = await alice('POST', url, { name: 'tech', symbols: [] })

  t.match(mismatch.json(), { status: 412, code: 'version_mismatch' })
  t.match(taken.json(), { status: 409, code: 'name_taken' })
  for (const answer of [mismatch, taken]) {
    t.strictSame(answer.json().current, created.json())
    t.ok(Value.Check(Problem, answer.json()))
  }
})

t.test('a creation repeated under its Idempotency-Key is done once, and says so', async t => {
  const { as } = await startApp(t, server, { listed: true })
  const alice = as('alice')
  const once = { 'idempotency-key': 'a-key-of-mine' }

  const first = await alice('POST', url, tech, once)
  const again = await alice('POST', url, tech, once)
  const other = await alice('POST', url, { ...tech, name: 'Other' }, once)

  t.strictSame([first.statusCode, again.statusCode], [201, 201])
  t.strictSame(again.json(), first.json())
  t.equal(again.headers.location, first.headers.location)
  t.strictSame(
    [first, again].map(({ headers }) => headers['idempotency-replayed']),
    [undefined, 'true']
  )
  t.match(other.json(), { status: 422, code: 'idempotency_key_reused' })
  t.match((await alice('POST', url, tech, { 'idempotency-key': 'a b' })).json(), {
    status: 400,
    errors: [{ field: 'header.idempotency-key' }]
  })
})

t.test('a name is kept without the blanks around it, and is one that can be seen', async t => {
  const { as } = await startApp(t, server, { listed: true })
  const alice = as('alice')

  t.equal((await alice('POST', url, { name: '\u3000 半導体\u00a0', symbols: [] })).json().name, '半導体')
  for (const name of ['\u200b', 'Te\u202ech', '\u2800']) {
    t.match((await alice('POST', url, { name, symbols: [] })).json(), { status: 400, errors: [{ field: 'body.name' }] })
  }
})

t.test('of changes made at once with one ETag exactly one wins, the rest are told', async t => {
  const { as } = await startApp(t, server, { listed: true })
  const alice = as('alice')
  const where = String((await alice('POST', url, tech)).headers.location)

  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, n) => alice('PATCH', where, { symbols: [`S${n}`] }, { 'if-match': '"1"' }))
  )

  t.strictSame(answers.map(({ statusCode }) => statusCode).sort(), [200, ...Array(9).fill(412)])
  t.equal((await alice('DELETE', where, undefined, { 'if-match': 'W/"1"' })).json().code, 'version_mismatch')
})

t.test('another user’s watchlist is not found, not forbidden', async t => {
  const { as } = await startApp(t, server, { listed: true })
  const where = String((await as('alice')('POST', url, tech)).headers.location)
  const bob = as('bob')

  const answers = [
    await bob('GET', where),
    await bob('PUT', where, tech),
    await bob('PATCH', where, { name: 'mine' }),
    await bob('DELETE', where),
    await bob('GET', `${url}/${randomUUID()}`)
  ]

  for (const answer of answers) t.match(answer.json(), { status: 404, code: 'watchlist_not_found' })
  t.strictSame((await bob('GET', url)).json(), { watchlists: [] })
  t.match((await as('alice')('GET', where)).json(), { ...tech, version: 1 })
})

t.test('a name that is taken is 409', async t => {
  const { as } = await startApp(t, server, { listed: true })
  const alice = as('alice')
  await alice('POST', url, tech)

  t.match((await alice('POST', url, { name: 'TECH', symbols: [] })).json(), { status: 409, code: 'name_taken' })
})

t.test('nobody reads or writes without saying who he is', async t => {
  const { app } = await startApp(t, server, { listed: true })
  const senders: Record<string, string>[] = [
    {},
    { 'x-user-id': 'anonymous' },
    { 'x-user-id': "a'--" },
    { authorization: 'Bearer x' }
  ]

  for (const headers of senders) {
    for (const method of ['GET', 'POST'] as const) {
      t.match((await app.inject({ method, url, headers })).json(), { status: 401, code: 'unauthenticated' })
    }
  }
})

t.test('what no watchlist can be is refused by field', async t => {
  const { as } = await startApp(t, server, { listed: true })
  const alice = as('alice')
  const refused = async (payload: object, method: 'POST' | 'PATCH' = 'POST') => {
    const answer = await alice(method, method === 'POST' ? url : `${url}/${randomUUID()}`, payload)
    t.equal(answer.statusCode, 400)
    t.ok(Value.Check(Problem, answer.json()))
    return answer.json().errors.map(({ field }: { field: string }) => field)
  }

  t.strictSame(await refused({}), ['body.name', 'body.symbols'])
  t.strictSame(await refused({ ...tech, user_id: 'bob' }), ['body.user_id'])
  t.strictSame(await refused({ ...tech, name: '   ' }), ['body.name'])
  t.strictSame(await refused({ ...tech, name: 'a\u0000b' }), ['body.name'])
  t.strictSame(await refused({ ...tech, name: 'x'.repeat(101) }), ['body.name'])
  t.strictSame(await refused({ ...tech, symbols: ['aapl'] }), ['body.symbols.0'])
  t.strictSame(await refused({ ...tech, symbols: ['AAPL', 'AAPL'] }), ['body.symbols'])
  t.strictSame(await refused({ ...tech, symbols: Array.from({ length: 1001 }, (_, n) => `S${n}`) }), ['body.symbols'])
  t.strictSame(await refused({}, 'PATCH'), ['body'])
  t.strictSame(await refused({ symbols: ['T'], add: ['AMD'] }, 'PATCH'), ['body.symbols'])
  t.strictSame(await refused({ remove: ['T', 'AMD'], add: ['AMD'] }, 'PATCH'), ['body.remove.1'])
  t.strictSame(await refused({ move: { symbol: 'T' } }, 'PATCH'), ['body.move.before'])
  t.equal((await alice('GET', `${url}/not-a-uuid`)).json().errors[0].field, 'path.id')
  t.equal(
    (await alice('PUT', `${url}/${randomUUID()}`, tech, { 'if-match': '1' })).json().errors[0].field,
    'header.if-match'
  )
  t.equal((await alice('POST', url, { ...tech, name: 'x'.repeat(70_000) })).json().code, 'payload_too_large')
})

t.test('a version that no integer holds is a mismatch, not a fault', async t => {
  const { as } = await startApp(t, server, { listed: true })
  const where = String((await as('alice')('POST', url, tech)).headers.location)

  const answer = await as('alice')('PUT', where, tech, { 'if-match': '"9999999999"' })

  t.equal(answer.json().code, 'version_mismatch')
})

t.test('half of a character is not a name', async t => {
  const { as } = await startApp(t, server, { listed: true })

  const answer = await as('alice')('POST', url, { name: 'a\ud800', symbols: [] })

  t.match(answer.json(), { status: 400, errors: [{ field: 'body.name' }] })
})

t.test('the largest watchlist that the contract knows fits', async t => {
  const { as } = await startApp(t, server, { listed: true })

  const answer = await as('alice')('POST', url, { name: 'x'.repeat(100), symbols: CROWD.slice(0, 1_000) })

  t.equal(answer.statusCode, 201)
  t.equal(answer.json().symbols.length, 1_000)
})

t.test('who writes more at once than can wait is told to come again, and others write meanwhile', async t => {
  const { as, urls } = await startApp(t, server, { listed: true })
  const [alice, bob] = [as('alice'), as('bob')]

  const answers = await asRole(urls.superuser, async client => {
    // His writes then stand still, as they would behind a slow one.
    await client.query("SELECT pg_advisory_lock(7104, hashtext('bob'))")
    const refused = Promise.withResolvers<void>()
    const writes = Array.from({ length: 24 }, async (_, n) => {
      const answer = await bob('POST', url, { ...tech, name: `${n}` })
      if (answer.statusCode === 429) refused.resolve()
      return answer
    })
    await refused.promise
    t.equal((await alice('POST', url, tech)).statusCode, 201)
    await client.query("SELECT pg_advisory_unlock(7104, hashtext('bob'))")
    return Promise.all(writes)
  })

  const refusals = answers.filter(({ statusCode }) => statusCode === 429)
  t.ok(refusals.every(answer => Value.Check(Problem, answer.json()) && answer.json().code === 'too_many_requests'))
  t.ok(refusals.every(({ headers }) => headers['retry-after'] === '1'))
})
