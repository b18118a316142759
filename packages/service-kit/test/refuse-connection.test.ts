import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { createServer } from '@tickstock/service-kit'
import type { Teardown } from '@tickstock/test-kit'
import t from 'tap'
import { readableLogger } from './fixtures/log-lines.ts'

async function startApp(t: Teardown) {
  const app = createServer({ logger: readableLogger().logger })
  t.teardown(() => app.close())
  return { app, port: Number(new URL(await app.listen({ port: 0 })).port) }
}

async function answerTo(port: number, bytes: string) {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.write(bytes)
  const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n')
  return { status: Number(head.split(' ')[1]), head, problem: JSON.parse(body) }
}

t.test('what is not HTTP is answered with a problem and hung up', async t => {
  const { port } = await startApp(t)

  const { status, head, problem } = await answerTo(port, 'THIS IS NOT HTTP\r\n\r\n')

  t.equal(status, 400)
  t.match(head, 'application/problem+json')
  t.match(problem, { code: 'invalid_request', request_id: /^[0-9a-f-]{36}$/ })
})

t.test('headers beyond the limit are refused as such', async t => {
  const { port } = await startApp(t)

  const { status, problem } = await answerTo(port, `GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`)

  t.equal(status, 431)
  t.equal(problem.code, 'headers_too_large')
})

t.test('a request that does not arrive in time is refused as such', async t => {
  const { app, port } = await startApp(t)
  const socket = connect(port, '127.0.0.1')
  const [peer] = await Promise.all([once(app.server, 'connection').then(([peer]) => peer), once(socket, 'connect')])

  app.server.emit('clientError', Object.assign(new Error('slow'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' }), peer)

  t.match(await text(socket), /^HTTP\/1.1 408 Request Timeout[\s\S]*request_timeout/)
})

t.test('a peer that is gone is answered nothing', async t => {
  const { app, port } = await startApp(t)
  const socket = connect(port, '127.0.0.1')
  const [peer] = await once(app.server, 'connection')

  app.server.emit('clientError', Object.assign(new Error('reset'), { code: 'ECONNRESET' }), peer)
  peer.end()

  t.equal(await text(socket), '')
})
