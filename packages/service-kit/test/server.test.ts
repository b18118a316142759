import { Value } from '@sinclair/typebox/value'
import { createWatchlist, getPattern, Problem, ProblemError, raise, scanPatterns } from '@tickstock/contracts'
import { createServer, LIMITS } from '@tickstock/service-kit'
import type { Teardown } from '@tickstock/test-kit'
import t from 'tap'
import { readableLogger } from './fixtures/log-lines.ts'

function startApp(t: Teardown) {
  const log = readableLogger()
  const app = createServer({ logger: log.logger })
  t.teardown(() => app.close())
  app.route({
    ...createWatchlist,
    handler: async ({ body }, reply) =>
      reply.code(201).send({ id: '1', version: 1, created_at: 0, updated_at: 0, ...body, name: body.name.trim() })
  })
  app.route({ ...getPattern, handler: ({ params }) => raise('pattern_not_found', params.id) })
  app.route({ ...scanPatterns, handler: ({ query }) => raise('log_unavailable', JSON.stringify(query)) })
  app.delete('/thing', async (_, reply) => reply.code(204).send())
  app.get('/broken', () => {
    throw Object.assign(new Error('connect postgres://app:hunter2@db'), { statusCode: 403, code: '42501' })
  })
  app.get('/odd', () => Promise.reject('text'))
  return { app, log }
}

const isProblem = (answer: { readonly headers: object; json(): unknown }) => Value.Check(Problem, answer.json())

t.test('a thrown problem leaves as a problem document', async t => {
  const { app } = startApp(t)

  const answer = await app.inject({ url: '/api/patterns/none', headers: { 'x-request-id': 'abc-1' } })

  t.equal(answer.statusCode, 404)
  t.match(answer.headers, {
    'content-type': /^application\/problem\+json/,
    'cache-control': 'no-store',
    'x-request-id': 'abc-1'
  })
  t.strictSame(answer.json(), {
    type: 'urn:tickstock:problem:pattern_not_found',
    code: 'pattern_not_found',
    status: 404,
    title: 'No live pattern has this id',
    detail: 'none',
    action: 'It may have expired: scan again',
    temporary: false,
    request_id: 'abc-1'
  })
})

t.test('every refused field of a query is named once, with what was expected', async t => {
  const { app } = startApp(t)

  const answer = await app.inject(
    '/api/patterns/scan?confidence_min=2&sort_by=colour&per_page=x&page=1&page=2&nonsense=1'
  )

  t.equal(answer.statusCode, 400)
  t.ok(isProblem(answer))
  t.strictSame(
    answer.json().errors.toSorted((a: { field: string }, b: { field: string }) => a.field.localeCompare(b.field)),
    [
      { field: 'query.confidence_min', expected: 'a number >= 0 and <= 1' },
      {
        field: 'query.nonsense',
        expected: answer.json().errors.find((e: { field: string }) => e.field === 'query.nonsense').expected
      },
      { field: 'query.page', expected: 'an integer >= 1 and <= 1000000' },
      { field: 'query.per_page', expected: 'an integer >= 1 and <= 100' },
      { field: 'query.sort_by', expected: 'one of: confidence, detected_at, symbol, rs, volume' }
    ]
  )
})

t.test('text of a query becomes what the schema says, one value a list, and defaults are filled in', async t => {
  const { app, log } = startApp(t)

  const answer = await app.inject('/api/patterns/scan?confidence_min=0.5&symbols=AAPL')

  t.match(log.entries()[0], { level: 'warn', code: 'log_unavailable' })
  t.equal(answer.statusCode, 503)
  t.strictSame(JSON.parse(answer.json().detail), {
    confidence_min: 0.5,
    symbols: ['AAPL'],
    per_page: 30,
    view: 'full'
  })
})

t.test('a body is taken as it is: nothing is made to fit, nothing is dropped', async t => {
  const { app } = startApp(t)
  const post = (payload: object) => app.inject({ method: 'POST', url: createWatchlist.url, payload })

  const wrong = await post({ name: 7, symbols: ['AAPL', 'aapl', 3], extra: true })
  const right = await post({ name: ' Tech ', symbols: ['AAPL'] })

  t.equal(wrong.statusCode, 400)
  t.match(wrong.json().detail, 'body.name: expected text of 1 to 100 characters')
  t.strictSame(
    wrong.json().errors.map((error: { field: string }) => error.field),
    ['body.extra', 'body.name', 'body.symbols.1', 'body.symbols.2']
  )
  t.equal(right.statusCode, 201)
  t.match(right.json(), { name: 'Tech', version: 1 })
})

t.test('bodies that cannot be read are refused by kind', async t => {
  const { app } = startApp(t)
  const post = (payload: string, type = 'application/json') =>
    app.inject({ method: 'POST', url: createWatchlist.url, payload, headers: { 'content-type': type } })
  const cases = [
    [await post('{"name":'), 400, 'invalid_request'],
    [await post(''), 400, 'invalid_request'],
    [await post('{"__proto__":{"admin":true}}'), 400, 'invalid_request'],
    [await post('{"name":"x","constructor":{"prototype":{"admin":true}}}'), 400, 'invalid_request'],
    [await post('<a/>', 'text/xml'), 415, 'unsupported_media_type'],
    [await post(`"${'x'.repeat(LIMITS.body)}"`), 413, 'payload_too_large']
  ] as const

  for (const [answer, status, code] of cases) {
    t.equal(answer.statusCode, status)
    t.equal(answer.json().code, code)
    t.ok(isProblem(answer))
  }
})

t.test('what nobody foresaw says nothing of its cause, and the log has it under the same id', async t => {
  const { app, log } = startApp(t)

  const answer = await app.inject('/broken')

  t.equal(answer.statusCode, 500)
  t.equal(answer.json().code, 'internal_error')
  t.notMatch(answer.body, /hunter2|postgres|42501/)
  const logged = log.entries().find(({ level }) => level === 'error')
  t.match(logged, {
    request_id: answer.json().request_id,
    err: { code: '42501', message: 'connect postgres://[redacted]@db' }
  })
  t.match(log.entries().at(-1), { level: 'info', msg: 'request', status: 500, path: '/broken' })
  t.equal((await app.inject('/odd')).statusCode, 500)
})

t.test('a request is one line at debug, without its query', async t => {
  const { app, log } = startApp(t)

  await app.inject('/api/patterns/x?token=hunter2')

  t.equal(log.entries().length, 1)
  t.match(log.entries()[0], { level: 'debug', method: 'GET', path: '/api/patterns/x', status: 404, ms: Number })
  t.notMatch(log.text(), /hunter2/)
})

t.test('a path that is not there is 404, a method it lacks 405 with what it has', async t => {
  const { app } = startApp(t)

  const nowhere = await app.inject('/nowhere?x=1')
  const wrong = await app.inject({ method: 'DELETE', url: `${createWatchlist.url}?x=1` })
  const head = await app.inject({ method: 'OPTIONS', url: '/broken' })
  const long = await app.inject({ method: 'POST', url: `/api/patterns/${'a'.repeat(200)}` })

  t.match(nowhere.json(), { status: 404, code: 'route_not_found', detail: 'GET /nowhere' })
  t.match(wrong.json(), { status: 405, code: 'method_not_allowed' })
  t.equal(wrong.headers.allow, 'POST')
  t.equal(head.headers.allow, 'GET, HEAD')
  t.equal(long.statusCode, 405)
})

t.test('a request id is taken over where it can do no harm, else made', async t => {
  const { app } = startApp(t)
  const idFor = async (id: string) =>
    (await app.inject({ url: '/nowhere', headers: { 'x-request-id': id } })).headers['x-request-id']

  t.equal(await idFor('A-1._z'), 'A-1._z')
  for (const bad of ['', 'a b', 'a,b', '<script>', 'x'.repeat(65), 'ä'])
    t.match(await idFor(bad), /^[\w-]{12}-[0-9a-z]+$/)
})

t.test('URLs that are too long or not one are refused', async t => {
  const { app } = startApp(t)

  const long = await app.inject(`/api/patterns/scan?x=${'a'.repeat(LIMITS.url)}`)
  const parameter = await app.inject(`/api/patterns/${'a'.repeat(LIMITS.parameter + 1)}`)
  const broken = await app.inject('/api/patterns/%zz')

  t.match(long.json(), { status: 414, code: 'url_too_long' })
  t.match(parameter.json(), { status: 414, code: 'url_too_long' })
  t.match(broken.json(), { status: 400, code: 'invalid_request' })
  t.ok(broken.headers['x-request-id'])
})

t.test('answers are not to be framed, sniffed or run; only our own proxy says who the client is', async t => {
  const { app } = startApp(t)
  app.get('/ip', request => ({ ip: request.ip }))

  const answer = await app.inject({ url: '/ip', headers: { 'x-forwarded-for': '203.0.113.7' } })
  const stranger = await app.inject({
    url: '/ip',
    headers: { 'x-forwarded-for': '203.0.113.7' },
    remoteAddress: '198.51.100.1'
  })

  t.match(answer.headers, { 'x-content-type-options': 'nosniff', 'content-security-policy': /default-src 'none'/ })
  t.equal(answer.json().ip, '203.0.113.7')
  t.equal(stranger.json().ip, '198.51.100.1')
})

t.test('an unauthenticated answer says how to authenticate', async t => {
  const { app } = startApp(t)
  app.get('/mine', () => {
    throw new ProblemError('unauthenticated', 'who are you?')
  })

  const answer = await app.inject('/mine')

  t.equal(answer.statusCode, 401)
  t.equal(answer.headers['www-authenticate'], 'Bearer')
})

t.test('what passes by itself says when to come again', async t => {
  const { app } = startApp(t)

  t.equal((await app.inject('/api/patterns/scan')).headers['retry-after'], '1')
  t.notOk('retry-after' in (await app.inject('/api/patterns/none')).headers)
})

t.test('an empty body that is said to be JSON is no body', async t => {
  const { app } = startApp(t)
  const empty = { 'content-type': 'application/json; charset=utf-8', 'content-length': '0' }

  const deleted = await app.inject({ method: 'DELETE', url: '/thing', headers: empty })
  const unsaid = await app.inject({ method: 'DELETE', url: '/thing', headers: { 'content-type': 'application/json' } })
  const created = await app.inject({ method: 'POST', url: createWatchlist.url, headers: empty })
  const blank = await app.inject({
    method: 'DELETE',
    url: '/thing',
    headers: { 'content-type': 'application/json' },
    payload: ' '
  })

  t.same([deleted.statusCode, unsaid.statusCode], [204, 204])
  t.match(created.json(), { status: 400, code: 'invalid_request', errors: [{ field: 'body' }] })
  t.match(blank.json(), { status: 400, code: 'invalid_request', detail: 'The body is not JSON' })
})

t.test('a chunked body without a byte is no body', async t => {
  const { app } = startApp(t)
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  const headers = { 'content-type': 'application/json' }

  const answer = await fetch(`${url}/thing`, {
    method: 'DELETE',
    headers,
    body: new ReadableStream({ start: controller => controller.close() }),
    duplex: 'half'
  })

  t.equal(answer.status, 204)
})
