import { once } from 'node:events'
import { PROBLEMS } from '@tickstock/contracts'
import { until } from '@tickstock/test-kit'
import t, { type Test } from 'tap'
import { createClient, createHttpClient, RefusedError, RequestError } from '../../src/index.ts'
import { type Answer, json, problemJson, TestService } from '../server.ts'

const uuid = '018f4d3e-0000-7000-8000-000000000001'
const watchlist = { id: uuid, name: 'Tech', symbols: ['AAPL'], version: 3, created_at: 1, updated_at: 2 }
const symbol = {
  symbol: 'AAPL',
  name: 'Apple',
  market: 'stocks',
  exchange: null,
  sector: null,
  industry: null,
  type: null,
  synthetic: false
}

const ok =
  (body: unknown, status = 200) =>
  (): ReturnType<Answer> => ({ status, body })
const problem =
  (code: keyof typeof PROBLEMS, headers = {}): Answer =>
  () => {
    const body = { ...PROBLEMS[code], type: `urn:tickstock:problem:${code}`, code, detail: 'why', request_id: 'r1' }
    return { status: body.status, body, headers: { ...problemJson, ...headers } }
  }

/** Longer than a test may take: a call that waits for it fails by the time limit of its test. */
const DEADLINE = 600_000

async function given(t: Test, ...answers: Answer[]) {
  const service = await new TestService().start(t)
  service.answers = answers
  return { service, client: createClient({ url: service.url, token: async () => 'secret', timeoutMs: DEADLINE }) }
}

t.test('each call goes to its route with its identity, and gives what was answered', async t => {
  const { service, client } = await given(t, ok(undefined))
  const draft = { name: 'Tech', symbols: ['AAPL'] }
  const calls: [string, () => Promise<unknown>, unknown, number?][] = [
    [
      'GET /api/patterns/scan?symbols=AAPL&symbols=MSFT&page=2',
      () => client.scan({ symbols: ['AAPL', 'MSFT'], page: 2 }),
      service.scanAnswer()
    ],
    ['GET /api/patterns/scan', () => client.scan(), service.scanAnswer()],
    ['GET /api/symbols?q=aa', () => client.symbols({ q: 'aa' }), { symbols: [symbol], next: null }],
    ['GET /api/symbols', () => client.symbols(), { symbols: [], next: 'AAPL' }],
    ['GET /api/symbols/BRK.B', () => client.symbol('BRK.B'), symbol],
    ['POST /api/users/universe/watchlists', () => client.watchlists.create(draft), watchlist, 201],
    [`GET /api/users/universe/watchlists/${uuid}`, () => client.watchlists.get(uuid), watchlist],
    [
      `PUT /api/users/universe/watchlists/${uuid}`,
      () => client.watchlists.replace(uuid, draft, { version: 3 }),
      watchlist
    ],
    [`PATCH /api/users/universe/watchlists/${uuid}`, () => client.watchlists.patch(uuid, { name: 'T' }), watchlist]
  ]

  for (const [route, call, answer, status = 200] of calls) {
    service.answers = [ok(answer, status)]
    t.same(await call(), answer, route)
    const { method, url, headers } = service.requests.at(-1) ?? {}
    t.equal(`${method} ${url}`, route)
    t.equal(headers?.authorization, 'Bearer secret')
  }
  t.match(
    service.requests.find(({ method }) => method === 'PUT'),
    {
      headers: { 'if-match': '"3"', 'content-type': 'application/json' },
      body: JSON.stringify(draft)
    }
  )
})

t.test('lists and deletions give what the caller needs alone', async t => {
  const { service, client } = await given(t, ok({ watchlists: [watchlist] }), () => ({ status: 204 }))

  t.same(await client.watchlists.list(), [watchlist])
  t.equal(await client.watchlists.delete(uuid), undefined)
  t.equal(service.requests.at(-1)?.method, 'DELETE')
})

t.test('a pattern id is one part of the path, whatever is in it', async t => {
  const { service, client } = await given(t, problem('pattern_not_found'))

  await t.rejects(client.pattern('BRK/B:Bull Flag:5min:1'), { code: 'pattern_not_found', status: 404 })

  t.equal(service.requests[0]?.url, '/api/patterns/BRK%2FB%3ABull%20Flag%3A5min%3A1')
  t.equal(service.requests.length, 1)
})

t.test('a problem is an error that says what the caller can do', async t => {
  const { client } = await given(t, problem('version_mismatch'))

  const error = await client.watchlists.patch(uuid, { name: 'x' }).catch((error: unknown) => error)

  t.ok(error instanceof RefusedError && error instanceof RequestError)
  t.match(error, { temporary: false, problem: { action: PROBLEMS.version_mismatch.action, request_id: 'r1' } })
})

t.test('repeats a read while its failure is temporary', async t => {
  const { service, client } = await given(
    t,
    problem('not_ready'),
    problem('too_many_requests', { 'retry-after': '0.2' }),
    () => ({ status: 502, body: '<html>', headers: { 'content-type': 'text/html' } }),
    ok(undefined)
  )
  service.answers.splice(3, 1, () => ({ status: 200, body: service.scanAnswer() }))

  const answer = await client.scan()

  t.same(answer, service.scanAnswer())
  t.equal(service.requests.length, 4)
})

t.test('attempts are bounded, and a change that must not be repeated has one', async t => {
  const { service, client } = await given(t, problem('database_unavailable'))
  const draft = { name: 'a', symbols: [] }
  const attempts = async (call: () => Promise<unknown>) => {
    service.requests.length = 0
    await t.rejects(call(), { code: 'database_unavailable', temporary: true })
    return service.requests.length
  }

  t.equal(await attempts(() => client.scan()), 4)
  t.equal(await attempts(() => client.watchlists.replace(uuid, draft)), 4)
  t.equal(await attempts(() => client.watchlists.replace(uuid, draft, { version: 3 })), 1)
  t.equal(await attempts(() => client.watchlists.patch(uuid, draft)), 1)
  t.equal(await attempts(() => client.watchlists.delete(uuid)), 1)
  t.equal(await attempts(() => createHttpClient({ url: service.url, attempts: 2 }).patterns.scan()), 2)
})

t.test('a creation is repeated under one key, so that it is done once; each has its own', async t => {
  const { service, client } = await given(t, problem('database_unavailable'), ok(watchlist, 201))
  const keys = () => service.requests.map(({ headers }) => headers['idempotency-key'])

  t.same(await client.watchlists.create({ name: 'Tech', symbols: ['AAPL'] }), watchlist)
  const [first, second] = keys()
  t.match(first, /^[\x21-\x7e]{16,128}$/)
  t.equal(first, second)

  await client.watchlists.create({ name: 'Tech', symbols: ['AAPL'] })
  t.not(keys()[2], first)
  await client.watchlists.create({ name: 'Tech', symbols: ['AAPL'] }, { idempotencyKey: 'import-7' })
  t.equal(keys()[3], 'import-7')
})

t.test('answers that the contract does not know are refused, and not tried again', async t => {
  const answers: Answer[] = [
    () => ({ status: 200, body: { patterns: 'many' } }),
    () => ({ status: 418, body: {} }),
    () => ({ status: 206, body: {} }),
    () => ({ status: 200, body: 'no json', headers: json }),
    () => ({ status: 400, body: { code: 'x' }, headers: problemJson })
  ]
  for (const answer of answers) {
    const { service, client } = await given(t, answer)
    await t.rejects(client.scan(), { name: 'RequestError', temporary: false })
    t.equal(service.requests.length, 1)
  }
})

t.test('ends a call when its caller gives up, also between two attempts', async t => {
  const { service, client } = await given(t, problem('too_many_requests', { 'retry-after': '500' }))
  const giveUp = new AbortController()
  const asking = client.scan({}, { signal: giveUp.signal })
  await until(() => service.requests.length === 1)

  giveUp.abort()

  await t.rejects(asking, { name: 'AbortError' })
  t.equal(service.requests.length, 1)
})

t.test('a service that cannot be reached, or is mute, is a temporary failure within the deadline', async t => {
  const { service } = await given(t)
  await service.stop()
  const client = createClient({ url: service.url, timeoutMs: 300 })
  await t.rejects(client.scan(), { name: 'RequestError', temporary: true, message: /cannot be reached/ })

  const mute = (await import('node:net')).createServer().listen(0, '127.0.0.1')
  await once(mute, 'listening')
  t.teardown(() => mute.close())
  const address = mute.address()
  const port = typeof address === 'object' ? address?.port : 0
  await t.rejects(createClient({ url: `http://127.0.0.1:${port}`, timeoutMs: 100 }).scan(), {
    name: 'RequestError',
    temporary: true
  })
})

t.test('what others changed meanwhile comes with the refusal', async t => {
  const refused = problem('version_mismatch')
  const { client } = await given(t, (request, body) => {
    const answer = refused(request, body)
    return { ...answer, body: { ...Object(answer.body), current: watchlist } }
  })

  const error = await client.watchlists.patch(uuid, { name: 'x' }, { version: 2 }).catch((error: unknown) => error)

  t.ok(error instanceof RefusedError)
  t.match(error, { code: 'version_mismatch', status: 412, current: watchlist })
})

t.test('requests go over the connections that are there', async t => {
  const { service, client } = await given(t)
  service.answers = [ok(service.scanAnswer())]
  const connections = new Set<unknown>()
  service.onConnection(socket => connections.add(socket))

  // fetch may send the next before it has taken the last one's connection back: it then opens another, once.
  for (let n = 0; n < 50; n++) await client.scan()
  t.ok(connections.size <= 2, `${connections.size} connections for 50 requests`)
  for (let n = 0; n < 10; n++) await Promise.all(Array.from({ length: 20 }, () => client.scan()))
  t.ok(connections.size <= 40, `${connections.size} connections for 200 more, 20 at once`)
})

t.test('reads a Retry-After that is a date, and does not wait for one after the deadline', async t => {
  const soon = () => new Date(Date.now() + 1_500).toUTCString()
  const { service, client } = await given(t, problem('not_ready', { 'retry-after': soon() }), ok(undefined))
  service.answers.splice(1, 1, ok(service.scanAnswer()))
  await client.scan()
  t.equal(service.requests.length, 2)

  service.answers = [problem('not_ready', { 'retry-after': '3600' })]
  await t.rejects(client.scan(), { code: 'not_ready', retryAfterMs: 3_600_000 })
  t.equal(service.requests.length, 3)
  service.answers = [problem('pattern_not_found', { 'retry-after': 'tomorrow' })]
  await t.rejects(client.scan(), { code: 'pattern_not_found', retryAfterMs: undefined })
})

t.test('a call has its own deadline, and ends with the reason of its caller', async t => {
  const { service } = await given(t, problem('not_ready', { 'retry-after': '3600' }))
  const { promise: never } = Promise.withResolvers<string>()
  const client = createClient({ url: service.url, timeoutMs: DEADLINE })
  const waiting = createClient({ url: service.url, timeoutMs: DEADLINE, token: () => never })

  await t.rejects(client.scan(), { code: 'not_ready' }, 'the last failure, where there was one')
  await t.rejects(waiting.scan({}, { timeoutMs: 100 }), {
    name: 'RequestError',
    temporary: true,
    message: 'no answer within 100 ms'
  })
  const reason = new Error('enough')
  await t.rejects(waiting.scan({}, { signal: AbortSignal.abort(reason) }), reason)
  const giveUp = new AbortController()
  const asking = waiting.scan({}, { signal: giveUp.signal })
  giveUp.abort(reason)
  await t.rejects(asking, reason)
})

t.test('an answer that breaks off is a temporary failure, and asked for again', async t => {
  const { createServer } = await import('node:http')
  let asked = 0
  const server = createServer((_request, response) => {
    asked++
    response.writeHead(200, json)
    response.write('{"patterns":', () => response.destroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  const client = createHttpClient({ url: `http://127.0.0.1:${port}`, attempts: 2 })

  await t.rejects(client.scan(), { name: 'RequestError', temporary: true, message: /broke off/ })
  t.equal(asked, 2)
})
