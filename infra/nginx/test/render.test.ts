import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import {
  checkOf,
  IMPORT_LIMIT,
  importUniverse,
  PROBLEM_MEDIA_TYPE,
  PROBLEMS,
  Problem,
  type ProblemCode
} from '@tickstock/contracts'
import { provision } from '@tickstock/embedded-servers'
import { openSocket, startNginx, temporaryFolder } from '@tickstock/test-kit'
import t, { type Test } from 'tap'
import { type NginxConfig, renderNginxConfig } from '../src/index.ts'
import { startUpstream } from './upstream.ts'

interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: { readonly service?: string; readonly headers: Record<string, string> }
}

async function given(t: Test, options: Partial<NginxConfig> = {}) {
  const patterns = await startUpstream(t, 'pattern-query')
  const users = await startUpstream(t, 'user-universe')
  const gateway = await startUpstream(t, 'realtime-gateway')
  const upstreams = { patternQuery: [patterns], userUniverse: [users], realtimeGateway: [gateway] }
  const configuration = (port: number) =>
    renderNginxConfig({ listen: `127.0.0.1:${port}`, upstreams, workerProcesses: 1, ...options })
  const nginx = await startNginx(t, { configuration })
  const ask = async (path: string, init: RequestInit = {}): Promise<Answer> => {
    const response = await fetch(new URL(path, nginx.url), init)
    const body: Answer['body'] = JSON.parse(await response.text())
    return { status: response.status, headers: response.headers, body }
  }
  return { nginx, patterns, users, gateway, ask }
}

const problems = checkOf(Problem)

function isProblem(t: Test, { status, headers, body }: Answer, code: ProblemCode) {
  t.equal(status, PROBLEMS[code].status, code)
  t.equal(headers.get('content-type'), PROBLEM_MEDIA_TYPE)
  t.ok(problems.accepts(body), 'the shape of every other problem')
  t.match(body, { code, status, title: PROBLEMS[code].title, request_id: headers.get('x-request-id') })
}

t.test('nginx itself finds no fault with the configuration, for one server or several', async t => {
  const { nginx } = await provision()
  const folder = await temporaryFolder(t)
  const config = join(folder, 'nginx.conf')
  const one = [{ host: '127.0.0.1', port: 3001 }]
  const upstreams = {
    patternQuery: [...one, { host: '127.0.0.1', port: 3002 }],
    userUniverse: one,
    realtimeGateway: one
  }
  await writeFile(config, renderNginxConfig({ listen: '127.0.0.1:8080', upstreams }))

  const args = ['-t', '-p', folder, '-c', config, '-e', 'stderr', '-g', 'pid nginx.pid;']
  const { stderr } = await promisify(execFile)(nginx.path, args, { env: { ...process.env, ...nginx.env } })

  t.match(stderr, 'test is successful')
  t.notMatch(stderr, '[warn]')
})

t.test('each path goes to its service, over kept connections', async t => {
  const { ask, patterns } = await given(t)
  const routes = [
    ['/api/patterns/scan?symbols=A,B', 'pattern-query', '/api/patterns/scan?symbols=A,B'],
    ['/api/patterns/BRK%2FB%3Ax', 'pattern-query', '/api/patterns/BRK%2FB%3Ax'],
    ['/api/users/universe/watchlists', 'user-universe', '/api/users/universe/watchlists'],
    ['/api/symbols', 'user-universe', '/api/symbols'],
    ['/api/symbols/AAPL', 'user-universe', '/api/symbols/AAPL']
  ]
  for (const [path = '', service, url] of routes) t.match((await ask(path)).body, { service, url, method: 'GET' })

  for (let request = 0; request < 20; request++) await ask('/api/patterns/scan')
  t.ok(patterns.connections() <= 2, `${patterns.connections()} connections`)
})

t.test('the API page is served where there is one, under its own security policy', async t => {
  const docsDir = await temporaryFolder(t)
  await writeFile(join(docsDir, 'index.html'), '<h1>API</h1>')
  await writeFile(join(docsDir, 'openapi.json'), '{}')
  const { nginx, ask } = await given(t, { docsDir })

  const page = await fetch(new URL('/docs/', nginx.url))
  t.equal(await page.text(), '<h1>API</h1>')
  t.match(page.headers.get('content-security-policy'), "script-src 'self'; style-src 'self' 'unsafe-inline'")
  t.equal((await fetch(new URL('/docs/openapi.json', nginx.url))).headers.get('content-type'), 'application/json')
  isProblem(t, await ask('/docs/../nginx.conf'), 'route_not_found')

  isProblem(t, await (await given(t)).ask('/docs/'), 'route_not_found')
})

t.test('who a caller says he is passes in development alone', async t => {
  const headers = {
    'x-user-id': 'admin',
    'x-forwarded-for': '1.2.3.4',
    forwarded: 'for=1.2.3.4',
    authorization: 'Bearer t',
    'x-request-id': 'bad id\\"'
  }
  const strict = await given(t)
  const { body } = await strict.ask('/api/patterns/scan', { headers })

  t.notOk('x-user-id' in body.headers)
  t.notOk('forwarded' in body.headers)
  t.match(body.headers, { 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'http', authorization: 'Bearer t' })
  t.match(body.headers['x-request-id'], /^[0-9a-f]{32}$/)
  const socket = await openSocket(t, `${strict.nginx.url.replace('http', 'ws')}/ws`, {
    headers: { 'x-user-id': 'admin' }
  })
  t.notMatch(await socket.next(), { headers: { 'x-user-id': 'admin' } })

  const open = await given(t, { development: true })
  const answer = await open.ask('/api/users/universe', { headers: { ...headers, 'x-request-id': 'mine-1' } })
  t.match(answer.body.headers, { 'x-user-id': 'admin', 'x-request-id': 'mine-1' })
  t.equal(answer.headers.get('x-request-id'), 'mine-1')
})

t.test('a WebSocket goes through, with its subprotocol and its close', async t => {
  const { nginx } = await given(t)
  const socket = await openSocket(t, `${nginx.url.replace('http', 'ws')}/ws`, { protocols: ['tickstock.v1'] })
  t.match(await socket.next(), { service: 'realtime-gateway', headers: { 'sec-websocket-protocol': 'tickstock.v1' } })

  socket.send({ type: 'ping', id: '1' })
  t.same(await socket.next(), { type: 'ping', id: '1' })

  socket.close(1000)
  t.match(await socket.closed, { code: 1000 })
})

t.test('what nginx refuses is a problem of the catalogue', async t => {
  const { nginx, ask } = await given(t)

  isProblem(t, await ask('/nothing/here'), 'route_not_found')
  isProblem(t, await ask('/', { method: 'POST' }), 'method_not_allowed')
  isProblem(
    t,
    await ask('/api/users/universe/watchlists', { method: 'POST', body: 'x'.repeat(65_537) }),
    'payload_too_large'
  )
  isProblem(t, await ask(`/api/patterns/scan?symbols=${'A'.repeat(20_000)}`), 'url_too_long')
  isProblem(t, await ask('/api/patterns/scan', { headers: { 'x-long': 'A'.repeat(20_000) } }), 'headers_too_large')

  const raw = connect(Number(new URL(nginx.url).port), '127.0.0.1')
  raw.end('NONSENSE\r\n\r\n')
  const answer = await text(raw)
  t.match(answer, /^HTTP\/1\.1 400 /)
  t.match(answer, '"code":"invalid_request"')
  t.notMatch(answer, /nginx\/\d/)
})

t.test('the import of a universe alone may have more', async t => {
  const { ask } = await given(t)
  const post = (path: string, length: number) => ask(path, { method: 'POST', body: 'x'.repeat(length) })

  t.match((await post(importUniverse.url, IMPORT_LIMIT)).body, { service: 'user-universe', length: IMPORT_LIMIT })
  isProblem(t, await post(importUniverse.url, IMPORT_LIMIT + 1), 'payload_too_large')
  isProblem(t, await post(`${importUniverse.url}/x`, 65_537), 'payload_too_large')
})

t.test('a body at the bound passes, and what a service refuses is left as it is', async t => {
  const { ask } = await given(t)

  const atBound = await ask('/api/users/universe/watchlists', { method: 'POST', body: 'x'.repeat(65_536) })
  t.match(atBound.body, { length: 65_536 })
  const refused = await ask('/api/patterns/refuse')
  t.equal(refused.status, 404)
  t.match(refused.body, { service: 'pattern-query' })
})

t.test('a service that is down is told as not ready, and is found again when it returns', async t => {
  const { ask, patterns } = await given(t)
  await patterns.stop()

  const answer = await ask('/api/patterns/scan')

  isProblem(t, answer, 'not_ready')
  t.equal(answer.headers.get('retry-after'), '1')
  t.match((await ask('/api/symbols')).body, { service: 'user-universe' })
})

t.test('with several servers, one that is down is passed over', async t => {
  const [one, other, gateway] = await Promise.all(['one', 'other', 'gateway'].map(name => startUpstream(t, name)))
  if (!one || !other || !gateway) return
  const upstreams = { patternQuery: [one, other], userUniverse: [other], realtimeGateway: [gateway] }
  const { ask } = await given(t, { upstreams })
  await one.stop()

  const answers = await Promise.all(Array.from({ length: 10 }, () => ask('/api/patterns/scan')))

  t.ok(answers.every(({ status, body }) => status === 200 && body.service === 'other'))
})

t.test('limits hold for each address, and this machine is free of them unless asked', async t => {
  const limits = { requestsPerSecond: 1, requestsBurst: 2, connections: 3 }
  const burst = (ask: (path: string) => Promise<Answer>) =>
    Promise.all(Array.from({ length: 20 }, () => ask('/api/patterns/scan')))
  const limited = await given(t, { limits: { ...limits, loopback: true } })
  const free = await given(t, { limits })

  const refused = (await burst(limited.ask)).filter(({ status }) => status === 429)
  const [first] = refused

  t.ok(refused.length >= 16)
  if (first) isProblem(t, first, 'too_many_requests')
  t.ok((await burst(free.ask)).every(({ status }) => status === 200))
})

t.test('JSON is compressed for who can read it', async t => {
  const { nginx } = await given(t)
  const head = 'GET /api/patterns/big HTTP/1.1\r\nHost: x\r\nConnection: close\r\n'

  const sizes = []
  for (const accept of ['Accept-Encoding: gzip\r\n', '']) {
    const socket = connect(Number(new URL(nginx.url).port), '127.0.0.1')
    await once(socket, 'connect')
    socket.write(`${head}${accept}\r\n`)
    let size = 0
    socket.on('data', ({ length }) => {
      size += length
    })
    await once(socket, 'close')
    sizes.push(size)
  }

  t.ok(Number(sizes[0]) < 2000 && Number(sizes[1]) > 20_000, `${sizes}`)
})

t.test('the page is served with its parts, and allows nothing from elsewhere', async t => {
  const { nginx } = await given(t)
  const page = await fetch(nginx.url)
  const html = await page.text()

  t.match(page.headers.get('content-type'), 'text/html; charset=utf-8')
  t.match(page.headers.get('content-security-policy'), /^default-src 'none'; script-src 'self';/)
  t.notMatch(page.headers.get('content-security-policy'), 'unsafe')
  t.equal(page.headers.get('x-content-type-options'), 'nosniff')
  t.equal(page.headers.get('server'), 'nginx')
  t.notMatch(html, /(src|href)="(https?:)?\/\//)
  t.notMatch(html, /<script(?![^>]*src=)|<style|\son\w+=|\sstyle=/)
  for (const [path, type] of [
    ['page.js', 'text/javascript'],
    ['page.css', 'text/css']
  ] as const) {
    const part = await fetch(new URL(path, nginx.url))
    t.equal(part.status, 200, path)
    t.match(part.headers.get('content-type'), type)
    await part.text()
  }
  t.same(await (await fetch(new URL('/health', nginx.url))).json(), { status: 'live' })
})

t.test('the SDK for browsers is a file like any other, and its page allows nothing from elsewhere', async t => {
  const sdkDir = await temporaryFolder(t)
  await writeFile(join(sdkDir, 'browser.html'), '<h1>Example</h1>')
  await writeFile(join(sdkDir, 'tickstock.js'), 'export {}')
  const { nginx } = await given(t, { sdkDir })

  const page = await fetch(new URL('/sdk/', nginx.url))
  t.equal(await page.text(), '<h1>Example</h1>')
  t.match(page.headers.get('content-security-policy'), "script-src 'self';")
  t.match((await fetch(new URL('/sdk/tickstock.js', nginx.url))).headers.get('content-type'), 'text/javascript')
  isProblem(t, await (await given(t)).ask('/sdk/'), 'route_not_found')
})
