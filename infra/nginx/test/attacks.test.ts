import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { checkOf, Problem } from '@tickstock/contracts'
import { startNginx, temporaryFolder, until } from '@tickstock/test-kit'
import t, { type Test } from 'tap'
import { renderNginxConfig } from '../src/index.ts'
import { startUpstream } from './upstream.ts'

const problems = checkOf(Problem)

async function given(t: Test) {
  const [patterns, users, gateway] = await Promise.all(
    ['pattern-query', 'user-universe', 'realtime-gateway'].map(name => startUpstream(t, name))
  )
  if (!patterns || !users || !gateway) throw new Error('no upstream')
  const upstreams = { patternQuery: [patterns], userUniverse: [users], realtimeGateway: [gateway] }
  const prefixDir = await temporaryFolder(t)
  const nginx = await startNginx(t, {
    prefixDir,
    configuration: port => renderNginxConfig({ listen: `127.0.0.1:${port}`, upstreams, workerProcesses: 1 })
  })
  const port = Number(new URL(nginx.url).port)
  /** Sends bytes as they are. @returns all that comes back until nginx hangs up */
  const send = async (...lines: readonly string[]) => {
    const socket = connect(port, '127.0.0.1')
    socket.write(lines.join('\r\n'))
    const answer = await text(socket)
    const bodies = [...answer.matchAll(/^\{.*\}$/gm)].map(([body]) => JSON.parse(body))
    return {
      status: Number(answer.split(' ')[1]),
      answers: answer.split('HTTP/1.1 ').length - 1,
      body: bodies[0],
      answer
    }
  }
  const get = (path: string, ...headers: readonly string[]) =>
    send(`GET ${path} HTTP/1.1`, 'Host: x', 'Connection: close', ...headers, '', '')
  return { nginx, prefixDir, port, send, get, patterns, users, gateway }
}

t.test('no spelling of an identity header comes through', async t => {
  const { get } = await given(t)
  const spellings = [
    ['X-User-ID: admin'],
    ['x-user-id: admin', 'X-USER-ID: root'],
    ['X_User_ID: admin'],
    ['X-User_ID: admin'],
    ['X-User-ID : admin'],
    ['X-User-ID\t: admin'],
    [' X-User-ID: admin'],
    ['X-Folded: a', ' X-User-ID: admin'],
    ['X-User-ID:', ' admin'],
    ['Connection: X-Request-Id, Authorization', 'X-User-ID: admin'],
    ['Forwarded: for=admin', 'X-Forwarded-User: admin', 'X-Forwarded-For: admin', 'X-Forwarded-Host: admin'],
    ['X-Original-URL: /admin', 'X-Rewrite-URL: /admin', 'X-Forwarded-Prefix: /admin', 'X-Real-IP: admin'],
    ['X-Forwarded-Port: admin', 'X-Forwarded-Proto: admin', 'X-Forwarded-Server: admin']
  ]

  for (const headers of spellings) {
    const { status, body } = await get('/api/patterns/scan', ...headers, 'Authorization: Bearer t')
    if (status === 400) continue
    t.equal(status, 200, headers.join())
    t.notMatch(JSON.stringify(body.headers), /admin/, headers.join())
    t.equal(body.headers.authorization, 'Bearer t')
    t.equal(body.headers['x-forwarded-for'], '127.0.0.1')
  }
})

t.test('a request that ends in two ways is one request, or none', async t => {
  const { send, patterns } = await given(t)
  const smuggled = 'GET /api/patterns/smuggled HTTP/1.1\r\nHost: x\r\n\r\n'
  const head = ['POST /api/users/universe/watchlists HTTP/1.1', 'Host: x', 'Connection: close']
  const shapes: Record<string, readonly string[]> = {
    'CL and TE': [...head, 'Content-Length: 4', 'Transfer-Encoding: chunked', '', `0\r\n\r\n${smuggled}`],
    'TE and CL': [...head, 'Transfer-Encoding: chunked', `Content-Length: ${smuggled.length}`, '', smuggled],
    'two lengths': [...head, 'Content-Length: 0', `Content-Length: ${smuggled.length}`, '', smuggled],
    'a list of lengths': [...head, 'Content-Length: 0, 5', '', smuggled],
    'a signed length': [...head, 'Content-Length: +5', '', smuggled],
    'a hidden TE': [...head, 'Transfer-Encoding: xchunked', '', smuggled],
    'TE with a tab': [...head, 'Transfer-Encoding:\tchunked, identity', '', `0\r\n\r\n${smuggled}`],
    'TE twice': [...head, 'Transfer-Encoding: chunked', 'Transfer-Encoding: identity', '', `0\r\n\r\n${smuggled}`],
    'a folded TE': [...head, 'X: y', ' Transfer-Encoding: chunked', 'Content-Length: 0', '', smuggled],
    'a space before the colon': [...head, 'Transfer-Encoding : chunked', 'Content-Length: 0', '', smuggled],
    'a chunk of no size': [...head, 'Transfer-Encoding: chunked', '', `zz\r\n\r\n${smuggled}`],
    'a negative chunk': [...head, 'Transfer-Encoding: chunked', '', `-1\r\n\r\n${smuggled}`],
    'a huge chunk': [...head, 'Transfer-Encoding: chunked', '', `ffffffffffffffff\r\n\r\n${smuggled}`],
    'two hosts': ['GET /api/patterns/scan HTTP/1.1', 'Host: a', 'Host: b', 'Connection: close', '', ''],
    'no host': ['GET /api/patterns/scan HTTP/1.1', 'Connection: close', '', ''],
    'HTTP/0.9': ['GET /api/patterns/smuggled', '', ''],
    'a bare CR': ['GET /api/patterns/scan HTTP/1.1', 'Host: x\rX-User-ID: admin', 'Connection: close', '', '']
  }

  for (const [name, lines] of Object.entries(shapes)) {
    const before = patterns.asked().length
    const { answers, answer } = await send(...lines)
    t.ok(answers <= 1, `${name}: ${answers} answers`)
    t.notMatch(answer, /smuggled/, name)
    t.notMatch(patterns.asked().slice(before).join(), /smuggled/, name)
  }
})

t.test('bare line feeds end lines here, and the service gets a request made anew', async t => {
  const { port } = await given(t)
  const socket = connect(port, '127.0.0.1')
  socket.write('GET /api/patterns/scan HTTP/1.1\nHost: x\nConnection: close\nX-User-ID: admin\n\n')
  const answer = await text(socket)

  t.match(answer, /^HTTP\/1\.1 200 /)
  t.notMatch(answer, /admin/)
})

t.test('a path that could be read in two ways is refused, wherever it would have led', async t => {
  const { get, patterns, users, gateway } = await given(t)
  const paths = [
    '//api/patterns/scan',
    '/api//patterns/scan',
    '/api/patterns//scan',
    '/api/patterns/../users/universe',
    '/api/patterns/..',
    '/api/patterns/./scan',
    '/metrics/../api/patterns/scan',
    '/metrics%2f..%2fapi/patterns/scan',
    '/api/patterns/%2e%2e/users/universe',
    '/api/patterns/.%2e%2fmetrics',
    '/api/patterns/..%2Fmetrics',
    '/api/patterns/%2F%2Fx',
    '/api/patterns/..\\metrics',
    '/api/patterns/..%5cmetrics',
    '/metrics;/../api/patterns/scan',
    '/docs/pattern-query/../../metrics',
    '/docs/pattern-query/..%2fmetrics'
  ]

  for (const path of paths) {
    const { status, body } = await get(path)
    t.equal(status, 400, path)
    t.ok(problems.accepts(body), path)
    t.equal(body.code, 'invalid_request')
  }
  for (const { asked } of [patterns, users, gateway]) t.same(asked(), [])
})

t.test('what an id may hold passes, in the path and behind it', async t => {
  const { get } = await given(t)
  const paths = [
    '/api/patterns/BRK.B%3ABull%20Flag%3Adaily',
    '/api/patterns/BRK%2FB%3Ax',
    '/api/patterns/scan?x=//../%2e%2e\\'
  ]

  for (const path of paths) t.match(await get(path), { status: 200, body: { service: 'pattern-query', url: path } })
})

t.test('an absolute url is read by its path, and names no other host', async t => {
  const { send } = await given(t)
  const absolute = await send(
    'GET http://evil.example/api/symbols HTTP/1.1',
    'Host: here.example',
    'Connection: close',
    '',
    ''
  )

  t.match(absolute, {
    status: 200,
    body: { service: 'user-universe', url: '/api/symbols', headers: { host: 'here.example' } }
  })
  for (const target of ['http://x/../api/patterns/scan', 'http://127.0.0.1/metrics']) {
    const { status } = await send(`GET ${target} HTTP/1.1`, 'Host: x', 'Connection: close', '', '')
    t.ok([400, 404].includes(status), `${target}: ${status}`)
  }
  t.equal((await send('CONNECT api:443 HTTP/1.1', 'Host: x', '', '')).status >= 400, true)
})

t.test('no other protocol gets a tunnel', async t => {
  const { get } = await given(t)
  const upgrade = ['Connection: Upgrade, HTTP2-Settings', 'HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA']

  for (const [path, protocol] of [
    ['/api/patterns/scan', 'h2c'],
    ['/api/patterns/scan', 'websocket'],
    ['/ws', 'h2c'],
    ['/ws', 'websocket, h2c']
  ] as const) {
    const { status, body } = await get(path, ...upgrade, `Upgrade: ${protocol}`)
    t.equal(status, 200, `${path} ${protocol}`)
    t.notOk('upgrade' in body.headers)
  }
})

t.test('metrics and health of the services are nobody’s outside', async t => {
  const { get, patterns, users, gateway } = await given(t)
  for (const path of ['/metrics', '/health/ready', '/health/live', '/documentation', '/api/', '/.problem/not_ready']) {
    t.equal((await get(path)).status, 404, path)
  }
  for (const { asked } of [patterns, users, gateway]) t.same(asked(), [])
})

t.test('a long answer waits at the service for a slow reader, not on the disk', async t => {
  const { port, prefixDir, patterns } = await given(t)
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.pause()
  socket.write('GET /api/patterns/export HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')

  await until(() => patterns.waiting(), { what: 'the service to be held back' })
  t.ok(patterns.written() < 30e6, `${patterns.written()} bytes were taken`)
  t.same(await readdir(join(prefixDir, 'temp_proxy')).catch(() => []), [])

  let size = 0
  socket.on('data', ({ length }) => {
    size += length
  })
  socket.resume()
  await once(socket, 'close')
  t.ok(size > 50e6, `${size} bytes came`)
})
