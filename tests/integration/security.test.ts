import { createHmac, randomUUID } from 'node:crypto'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { type Example, exampleOf, publicRoutes } from '@tickstock/api-docs'
import { checkOf, Problem, type Route, SUBPROTOCOL } from '@tickstock/contracts'
import { openSocket } from '@tickstock/test-kit'
import t from 'tap'
import { HOSTILE, type Place, placesOf, withAt } from './hostile.ts'
import { startWholeSystem } from './whole-system.ts'

const system = await startWholeSystem(t, { env: { LOG_LEVEL: 'debug' } })
const problems = checkOf(Problem)
const routes = publicRoutes.filter(({ url }) => url.startsWith('/api/'))
/** Those that say in their contract that they refuse who names nobody. */
const guarded = routes.filter(({ schema }) => 401 in schema.response)
const bearers = new Map<string, string>()

/** A token of a user, the same each time. */
async function bearerOf(user: string): Promise<string> {
  const known = bearers.get(user) ?? (await system.token(user))
  bearers.set(user, known)
  return `Bearer ${known}`
}

interface Answer {
  readonly status: number
  readonly body: unknown
}

/** Asks a service itself, so that nothing is held off by what stands before it. */
async function ask(route: Route, { params = {}, query = {}, headers = {}, body }: Example): Promise<Answer> {
  const { query: patterns, universe } = system.services
  const path = route.url.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(`${params[name]}`.toWellFormed()))
  const url = new URL(path, route.url.startsWith('/api/patterns') ? patterns : universe)
  for (const [name, value] of Object.entries(query)) {
    for (const one of [value].flat()) url.searchParams.append(name, `${one}`)
  }
  const answer = await fetch(url, {
    method: route.method,
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) })
  })
  const type = answer.headers.get('content-type') ?? ''
  const said = await answer.text()
  return {
    status: answer.status,
    body: type.includes('json') && said !== '' && !type.includes('ndjson') ? JSON.parse(said) : said
  }
}

const as = async (user: string, example: Example = {}): Promise<Example> => ({
  ...example,
  headers: { ...example.headers, authorization: await bearerOf(user) }
})

const nameOf = ({ method, url }: Route) => `${method} ${url}`

/** Two answers are told apart by nothing but the id of the request. */
const withoutId = ({ status, body }: Answer) => ({
  status,
  body: typeof body === 'object' ? { ...body, request_id: '' } : body
})

/** A problem without what the caller himself had named. */
const detailOf = (answer: Answer, ...named: string[]) =>
  named.reduce((said, name) => said.replaceAll(name, 'ID'), JSON.stringify(withoutId(answer)))

const routeOf = (name: string): Route => {
  const found = routes.find(route => nameOf(route) === name)
  if (found === undefined) throw new Error(`there is no route ${name}`)
  return found
}

const idOf = ({ body }: Answer): string => {
  if (typeof body === 'object' && body !== null && 'id' in body && typeof body.id === 'string') return body.id
  throw new Error(`no id in ${JSON.stringify(body)}`)
}

/** What alice has, and nobody else is to see or to change. */
const alices = {
  watchlist: idOf(
    await ask(
      routeOf('POST /api/users/universe/watchlists'),
      await as('alice', { body: { name: 'Hidden tech', symbols: ['AAPL', 'MSFT'] } })
    )
  ),
  filter: idOf(
    await ask(
      routeOf('POST /api/users/universe/filters'),
      await as('alice', { body: { name: 'Hidden breakouts', criteria: { confidence_min: 0.8 } } })
    )
  )
}

const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
const hmac = (header: object, payload: object, by: string) => {
  const signed = `${encode(header)}.${encode(payload)}`
  return `${signed}.${createHmac('sha256', by).update(signed).digest('base64url')}`
}

t.test('no route answers without a valid token, and says nothing more of why than of whom', async t => {
  const exp = Math.floor(Date.now() / 1000) + 3600
  const claims = { sub: 'alice', exp }
  const good = (await bearerOf('alice')).slice('Bearer '.length)
  const [header, payload, signature] = good.split('.')
  const { auth, service } = system.secrets
  const tokens: Record<string, string> = {
    forged: hmac({ alg: 'HS256' }, claims, 'not the secret, though it is as long'),
    'alg none': `${encode({ alg: 'none' })}.${encode(claims)}.`,
    'alg None': `${encode({ alg: 'None' })}.${encode(claims)}.`,
    'no signature': `${header}.${payload}.`,
    'changed payload': `${header}.${encode({ ...claims, sub: 'bob' })}.${signature}`,
    expired: hmac({ alg: 'HS256' }, { sub: 'alice', exp: exp - 7200 }, auth),
    'without an end': hmac({ alg: 'HS256' }, { sub: 'alice' }, auth),
    'not yet': hmac({ alg: 'HS256' }, { ...claims, nbf: exp }, auth),
    'another algorithm': hmac({ alg: 'HS512' }, claims, auth),
    'a key of its own': hmac(
      { alg: 'HS256', jwk: { kty: 'oct', k: 'AA' }, jku: 'http://127.0.0.1:1' },
      claims,
      'x'.repeat(32)
    ),
    'a service, signed for users': hmac({ alg: 'HS256' }, { sub: 'service:pattern-query', exp }, auth),
    'a service’s issuer, signed for users': hmac(
      { alg: 'HS256' },
      { iss: 'tickstock-services', sub: 'service:pattern-query', exp },
      auth
    ),
    'a user, signed by the services’ secret': hmac({ alg: 'HS256' }, { iss: 'tickstock-services', ...claims }, service),
    injection: hmac({ alg: 'HS256' }, { sub: "alice'--", exp }, auth),
    oversized: hmac({ alg: 'HS256' }, { ...claims, pad: 'x'.repeat(6_000) }, auth)
  }
  t.same(routes.filter(route => !guarded.includes(route)).map(nameOf), ['GET /api/patterns/health'])
  for (const route of guarded) {
    const example = exampleOf(route.method, route.url) ?? {}
    const headers = [
      {},
      { 'x-user-id': 'alice' },
      { 'x-user-id': 'service:pattern-query' },
      { cookie: `token=${good}` },
      ...Object.values(tokens).map(token => ({ authorization: `Bearer ${token}` }))
    ]
    const answers = await Promise.all(
      headers.map(more => ask(route, { ...example, headers: { ...example.headers, ...more } }))
    )
    t.ok(
      answers.every(({ status, body }) => status === 401 && problems.accepts(body)),
      `${nameOf(route)}: ${answers.map(({ status }) => status)}`
    )
  }
})

t.test('a restricted token does what it says on every route, and nothing else', async t => {
  const scoped = async (scope: string) => ({ authorization: `Bearer ${await system.token('alice', { scope })}` })
  const [none, readers, patterns] = [await scoped(''), await scoped('universe:read'), await scoped('patterns:read')]
  for (const route of guarded) {
    const example = exampleOf(route.method, route.url) ?? {}
    const status = async (headers: Record<string, string>) =>
      (await ask(route, { ...example, headers: { ...example.headers, ...headers } })).status
    t.equal(await status(none), 403, nameOf(route))
    t.equal(await status(route.url.startsWith('/api/patterns') ? readers : patterns), 403, nameOf(route))
    if (route.method !== 'GET') t.equal(await status(readers), 403, nameOf(route))
  }
})

t.test('a service is known to the others, and is no user', async t => {
  const exp = Math.floor(Date.now() / 1000) + 60
  const claims = { iss: 'tickstock-services', sub: 'service:pattern-query', exp }
  const headers = { authorization: `Bearer ${hmac({ alg: 'HS256' }, claims, system.secrets.service)}` }
  for (const route of guarded) {
    const example = exampleOf(route.method, route.url) ?? {}
    const { status } = await ask(route, { ...example, headers: { ...example.headers, ...headers } })
    if (route.url.startsWith('/api/users/')) t.equal(status, 403, nameOf(route))
    else t.ok(status !== 401 && status !== 403, `${nameOf(route)}: ${status}`)
  }
})

t.test('the ids of another user answer as ids of nothing do, on every route that takes one', async t => {
  const places = routes.flatMap(route =>
    placesOf(route)
      .filter(({ part, path }) => part !== 'headers' && /^(id|watchlist|filter)$/.test(path.at(-1) ?? ''))
      .filter(({ part }) => part !== 'params' || route.url.startsWith('/api/users/'))
      .map(place => ({ route, place }))
  )
  t.ok(places.length >= 8, `${places.length} places`)
  for (const { route, place } of places) {
    const example = await as('bob', exampleOf(route.method, route.url))
    const kind = /filter/.test(place.path.at(-1) === 'id' ? route.url : (place.path.at(-1) ?? ''))
      ? 'filter'
      : 'watchlist'
    const missing = randomUUID()
    const foreign = await ask(route, putAt(example, place, alices[kind]))
    const nothing = await ask(route, putAt(example, place, missing))

    t.equal(detailOf(foreign, alices[kind]), detailOf(nothing, missing), `${nameOf(route)} ${place.path.join('.')}`)
    t.ok(foreign.status < 500, `${foreign.status}`)
    t.notMatch(JSON.stringify(foreign), 'Hidden')
    if (place.part !== 'body') t.equal(foreign.status, 404, nameOf(route))
  }
})

t.test('no text in any field of any route breaks a service, or gets more than an answer', async t => {
  const attempts = routes.flatMap(route =>
    placesOf(route).flatMap(place => HOSTILE.map(hostile => ({ route, place, hostile })))
  )
  const failures: string[] = []
  let refused = 0
  const work = attempts.values()
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      for (const { route, place, hostile } of work) {
        const request = putAt(await as('bob', exampleOf(route.method, route.url)), place, hostile)
        if (!isSendable(request)) continue
        const { status, body } = await ask(route, request)
        if (status >= 400) refused += 1
        if (status >= 500 || (status >= 400 && !problems.accepts(body)) || JSON.stringify(body).includes('Hidden')) {
          failures.push(
            `${nameOf(route)} ${place.part}.${place.path.join('.')} ${JSON.stringify(hostile).slice(0, 60)}: ${status}`
          )
        }
      }
    })
  )
  t.comment(`${attempts.length} requests, ${refused} refused`)
  t.same(failures, [])
})

t.test('bodies that are none, or too much, are refused as such', async t => {
  const writes = routes.filter(({ schema }) => schema.body !== undefined)
  const bodies: Record<string, string> = {
    nothing: '',
    'no JSON': '{"name":',
    'a list': '[]',
    null: 'null',
    'a number': '1e999',
    'a prototype': '{"__proto__":{"admin":true},"name":"x","symbols":[]}',
    'a constructor': '{"constructor":{"prototype":{"admin":true}},"name":"x","symbols":[]}',
    'much depth': `{"name":${'['.repeat(20_000)}${']'.repeat(20_000)}}`,
    'many fields': JSON.stringify(Object.fromEntries(Array.from({ length: 4_000 }, (_, n) => [`f${n}`, n]))),
    'half a character': '{"name":"\\ud800","symbols":[]}',
    'a zero': '{"name":"\\u0000","symbols":[]}',
    'not UTF-8': Buffer.from([0x7b, 0xff, 0xfe, 0x7d]).toString('latin1')
  }
  for (const route of writes) {
    const example = await as('bob', exampleOf(route.method, route.url))
    for (const [name, body] of Object.entries(bodies)) {
      const answer = await ask(route, { ...example, body })
      t.ok(
        [400, 404, 413].includes(answer.status) && problems.accepts(answer.body),
        `${nameOf(route)} ${name}: ${answer.status}`
      )
    }
    const oversized = await ask(route, { ...example, body: 'x'.repeat(12_000_000) }).catch((error: Error) => error)
    t.ok(oversized instanceof Error || oversized.status === 413, `${nameOf(route)} oversized`)
    const typed = { ...example, headers: { ...example.headers, 'content-type': 'application/xml' } }
    t.equal((await ask(route, { ...typed, body: '<a/>' })).status, 415, nameOf(route))
  }
})

t.test('through nginx nobody becomes somebody by a header, and nothing leads inside', async t => {
  const { port } = new URL(system.url)
  const send = async (...lines: string[]) => {
    const socket = connect(Number(port), '127.0.0.1')
    socket.write(lines.join('\r\n'))
    return text(socket)
  }
  const get = (path: string, ...headers: string[]) =>
    send(`GET ${path} HTTP/1.1`, 'Host: x', 'Connection: close', ...headers, '', '')
  const own = '/api/users/universe/watchlists'
  const bob = `Authorization: ${await bearerOf('bob')}`

  for (const headers of [
    ['X-User-ID: alice'],
    ['x-user-id: alice', 'X-User-Id: alice'],
    ['X_User_ID: alice'],
    ['X-User-ID : alice'],
    ['X-Folded: a', ' X-User-ID: alice'],
    ['X-Forwarded-User: alice'],
    ['X-User-ID: service:pattern-query', 'X-Forwarded-For: 127.0.0.1', 'X-Real-IP: 127.0.0.1'],
    [`${bob}x`, bob]
  ]) {
    t.match(await get(own, ...headers), /^HTTP\/1\.1 40[01] /, headers.join())
  }
  t.match(await get(own, bob, 'X-User-ID: alice'), /^HTTP\/1\.1 200 /)
  t.notMatch(await get(own, bob, 'X-User-ID: alice'), /Hidden/)

  for (const path of [
    '/metrics',
    '/health/ready',
    '/api/patterns/../../metrics',
    '/api/patterns/..%2f..%2fmetrics',
    '/api/patterns/%2e%2e/%2e%2e/metrics',
    '/api/patterns/..;/metrics',
    '//metrics',
    '/api/users/..%2fpatterns%2f..%2f..%2fmetrics',
    '/api/symbols/..%2f..%2fmetrics',
    '/metrics;/../api/patterns/scan',
    '/metrics?/../api/patterns/scan',
    '/metrics%3f/../api/patterns/scan',
    '/metrics%23/../api/patterns/scan',
    '/metrics#/../api/patterns/scan',
    'http://127.0.0.1/metrics'
  ]) {
    const answer = await get(path, bob)
    t.match(answer, /^HTTP\/1\.1 40[04] /, path)
    t.notMatch(answer, /process_cpu|http_request_duration|"checks"/, path)
  }
  const smuggled = `GET ${own} HTTP/1.1\r\nHost: x\r\nX-User-ID: alice\r\nAuthorization: ${await bearerOf('alice')}\r\n\r\n`
  const answer = await send(
    `POST ${own} HTTP/1.1`,
    'Host: x',
    bob,
    'Content-Length: 5',
    'Transfer-Encoding: chunked',
    '',
    `0\r\n\r\n${smuggled}`
  )
  t.match(answer, /^HTTP\/1\.1 400 /)
  t.equal(answer.split('HTTP/1.1 ').length, 2, 'one answer')
})

t.test('a socket follows nobody else’s watchlist, and opens for no bad token', async t => {
  const url = `${system.url.replace('http', 'ws')}/ws`
  const enter = async (auth: object) => {
    const socket = await openSocket(t, url, { protocols: [SUBPROTOCOL], headers: { 'x-user-id': 'alice' } })
    socket.send({ type: 'auth', ...auth })
    return socket
  }
  for (const auth of [
    {},
    { user: 'alice' },
    { token: `${encode({ alg: 'none' })}.${encode({ sub: 'alice', exp: 9e9 })}.` }
  ]) {
    t.match(await (await enter(auth)).next(), { type: 'error', code: 'unauthenticated' })
  }
  const socket = await enter({ token: (await bearerOf('bob')).slice('Bearer '.length) })
  t.match(await socket.next(), { type: 'welcome', user: 'bob' })
  const refusals: unknown[] = []
  for (const watchlist of [alices.watchlist, randomUUID()]) {
    socket.send({ type: 'subscribe', id: 's', channel: 'daily', from: 'now', filter: { watchlist } })
    refusals.push(await socket.next(({ type }) => type === 'error'))
  }
  t.match(refusals[0], { type: 'error', code: 'watchlist_not_found' })
  t.equal(
    JSON.stringify(refusals[0]).replaceAll(alices.watchlist, ''),
    JSON.stringify(refusals[1]).replace(/[0-9a-f-]{36}/g, '')
  )
})

t.test('after all this alice has what she had', async t => {
  const etag = { 'if-match': '"1"' }
  const params = (kind: 'watchlist' | 'filter') => ({ params: { id: alices[kind] }, headers: etag })
  const watchlist = await ask(
    routeOf('PATCH /api/users/universe/watchlists/:id'),
    await as('alice', { ...params('watchlist'), body: { name: 'Seen by her' } })
  )
  t.match(watchlist, { status: 200, body: { version: 2, symbols: ['AAPL', 'MSFT'] } })
  const filter = await ask(
    routeOf('PATCH /api/users/universe/filters/:id'),
    await as('alice', { ...params('filter'), body: { name: 'Seen by her' } })
  )
  t.match(filter, { status: 200, body: { version: 2, criteria: { confidence_min: 0.8 } } })
  t.ok(await system.redis.dbsize(), 'nothing was flushed')
})

t.test('no log holds a token or a secret', async t => {
  const logs = system.logs()
  t.ok(logs.length > 10_000, 'they were written')
  for (const secret of [...Object.values(system.secrets), ...bearers.values()]) t.notOk(logs.includes(secret))
  t.notMatch(logs, /eyJ[\w-]{6,}\.[\w-]{6,}/)
})

function putAt(example: Example, { part, path }: Place, value: string): Example {
  return { ...example, [part]: withAt(example[part], path, value) }
}

/** Node itself refuses to send some headers. */
function isSendable({ headers = {} }: Example): boolean {
  try {
    return new Headers(headers) instanceof Headers
  } catch {
    return false
  }
}
