import { get, type IncomingHttpHeaders } from 'node:http'
import { PROBLEM_MEDIA_TYPE, SUBPROTOCOL } from '@tickstock/contracts'
import { openSocket, type Teardown, tokenFor, until } from '@tickstock/test-kit'
import t from 'tap'
import { connect, SECRET, socketUrl, startGateway, startLog, subscribe } from './gateway-fixture.ts'

/** ms */
function expiryOf(token: string): number {
  const claims: { readonly exp: number } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
  return claims.exp * 1_000
}

/** What an upgrade is answered that is refused, or its status where it is not. */
function upgrade(t: Teardown, { port }: { readonly port: number }, from: string) {
  const { promise, resolve, reject } = Promise.withResolvers<{
    status: number
    headers: IncomingHttpHeaders
    body: string
  }>()
  const request = get({
    host: '127.0.0.1',
    port,
    path: '/ws',
    headers: {
      connection: 'upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'sec-websocket-protocol': SUBPROTOCOL,
      'x-forwarded-for': from
    }
  })
  request.on('error', reject)
  request.on('upgrade', ({ statusCode = 0, headers }, socket) => {
    t.teardown(() => socket.destroy())
    resolve({ status: statusCode, headers, body: '' })
  })
  request.on('response', response => {
    let body = ''
    response.setEncoding('utf8').on('data', text => {
      body += text
    })
    response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }))
  })
  return promise
}

t.test('who does not say who he is holds nobody up', async t => {
  const log = await startLog(t)
  const gateway = await startGateway(t, log.server.url, {
    MAX_UNAUTHENTICATED: '4',
    MAX_UNAUTHENTICATED_PER_ADDRESS: '2'
  })

  for (const from of ['10.0.0.1', '10.0.0.1', '10.0.0.2']) t.match(await upgrade(t, gateway, from), { status: 101 })
  const crowded = await upgrade(t, gateway, '10.0.0.1')
  t.match(crowded, { status: 429, headers: { 'content-type': PROBLEM_MEDIA_TYPE, 'retry-after': /^[1-5]$/ } })
  t.match(JSON.parse(crowded.body), { code: 'too_many_requests', temporary: true })

  t.match(await upgrade(t, gateway, '10.0.0.3'), { status: 101 })
  const full = await upgrade(t, gateway, '10.0.0.4')
  t.match(full, {
    status: 503,
    headers: { 'content-type': PROBLEM_MEDIA_TYPE, 'retry-after': /^[1-5]$/, connection: 'close' }
  })
  t.match(JSON.parse(full.body), { code: 'not_ready', detail: 'Too many come at once' })

  const late = await until(async () => (await upgrade(t, gateway, '10.0.0.4')).status === 101, { what: 'a place' })
  t.ok(late, 'who has been silent for a second makes room')
  const socket = await until(() => connect(t, gateway), { what: 'a place for one who speaks' })
  t.ok(await subscribe(socket))

  const metrics = await (await fetch(`${gateway.url}/metrics`)).text()
  t.match(metrics, /gateway_upgrades_refused_total\S* ([2-9]|\d{2})/)
})

t.test('a gateway that has as many sockets as it may have says so before the upgrade', async t => {
  const log = await startLog(t)
  const gateway = await startGateway(t, log.server.url, { MAX_CONNECTIONS: '1' })
  await connect(t, gateway)
  t.match(await upgrade(t, gateway, '10.0.0.1'), { status: 503, body: /as many sockets/ })
})

t.test('a connection ends with its newest token, and takes none of another user', async t => {
  const log = await startLog(t)
  const gateway = await startGateway(t, log.server.url, { AUTH_MODE: 'token' })
  const socket = await openSocket(t, socketUrl(gateway), { protocols: [SUBPROTOCOL] })
  const first = await tokenFor('alice', SECRET, { expiresIn: '30s' })
  socket.send({ type: 'auth', token: first })
  const welcome = await socket.next(({ type }) => type === 'welcome')
  t.equal(welcome['expires_at'], expiryOf(first))

  socket.send({ type: 'refresh', token: await tokenFor('bob', SECRET) })
  t.match(await socket.next(), { type: 'error', code: 'forbidden' })
  const last = await tokenFor('alice', SECRET, { expiresIn: '5s' })
  socket.send({ type: 'refresh', token: last })
  const refreshed = await socket.next(({ type }) => type === 'refreshed')
  t.equal(refreshed['expires_at'], expiryOf(last))

  t.match(await socket.closed, { code: 4000, reason: /has expired/ })
  t.ok(Date.now() >= Number(refreshed['expires_at']))
})
