import { SOCKET_LIMITS, SUBPROTOCOL } from '@tickstock/contracts'
import { openSocket, type Teardown } from '@tickstock/test-kit'
import t from 'tap'
import { WebSocket } from 'ws'
import { a, connect, socketUrl, startGateway, startLog, subscribe } from '../gateway-fixture.ts'

t.test('an open gateway', async t => {
  const log = await startLog(t)
  const gateway = await startGateway(t, log.server.url, { MAX_CONNECTIONS_PER_ADDRESS: '3' })
  const url = socketUrl(gateway)

  const raw = async (t: Teardown & { comment(text: string): void }, sendAll: (socket: WebSocket) => void) => {
    const socket = new WebSocket(url, SUBPROTOCOL)
    t.teardown(() => socket.terminate())
    const { promise, resolve } = Promise.withResolvers<number>()
    socket.on('close', resolve)
    socket.on('error', error => t.comment(error.message))
    socket.on('open', () => {
      socket.send('{"type":"auth"}')
      sendAll(socket)
    })
    return promise
  }
  const times = (count: number, say: () => void) => {
    for (let at = 0; at < count; at++) say()
  }

  t.test('cuts who keeps sending what is no message', async t => {
    t.equal(await raw(t, socket => times(6, () => socket.send('{"type":"subscribe"'))), 4002)
    t.equal(await raw(t, socket => times(6, () => socket.send(Buffer.from([1, 2, 3])))), 4002)
  })

  t.test('is not moved by JSON as deep as it is long', async t => {
    const depth = SOCKET_LIMITS.messageBytes / 2 - 100
    const deep = `${'['.repeat(depth)}${']'.repeat(depth)}`
    const filter = `{"type":"subscribe","id":"s","channel":"daily","from":"now","filter":${deep}}`
    t.equal(await raw(t, socket => times(6, () => socket.send(deep))), 4002)
    t.equal(await raw(t, socket => times(6, () => socket.send(filter))), 4002)
  })

  t.test('cuts who sends too much at once', async t => {
    t.equal(await raw(t, socket => socket.send('x'.repeat(SOCKET_LIMITS.messageBytes + 1))), 4003)
    t.equal(await raw(t, socket => socket.send('x'.repeat(1e6))), 1009)
  })

  t.test('cuts who floods', async t => {
    t.equal(await raw(t, socket => times(100, () => socket.send('{"type":"ping"}'))), 4100)
    t.equal(await raw(t, socket => socket.send(`[${Array(100).fill('{"type":"ping"}')}]`)), 4100)
  })

  t.test('refuses an id in use and more subscriptions than allowed, and the others stay', async t => {
    const socket = await connect(t, gateway)
    await subscribe(socket, { filter: { symbols: ['A', 'B'], pattern_types: ['Doji'] } })
    const ask = (id: string, filter: object) =>
      socket.send({ type: 'subscribe', id, channel: 'daily', from: 'now', filter })

    ask('s', {})
    t.match(await socket.next(a('error')), { code: 'invalid_request', id: 's', detail: /in use/ })
    await subscribe(socket, { id: 'equal', filter: { pattern_types: ['DOJI', 'doji'], symbols: ['B', 'A'] } })
    for (let at = 2; at < SOCKET_LIMITS.subscriptions; at++)
      await subscribe(socket, { id: `${at}`, filter: { rs_min: at } })
    for (let at = 0; at < 8; at++) {
      ask(`more${at}`, { vol_min: at + 1 })
      t.match(await socket.next(a('error')), { code: 'limit_reached', id: `more${at}` })
    }
    socket.send({ type: 'unsubscribe', id: 's' })
    t.match(await socket.next(a('unsubscribed')), { id: 's' })
    await subscribe(socket, { id: 'again', filter: {} })
    socket.close()
  })

  t.test('refuses pages of other origins, and other protocols, before the upgrade', async t => {
    const refused = (headers: Record<string, string>) =>
      new Promise<number | undefined>((resolve, reject) => {
        const socket = new WebSocket(url, headers['protocol'] ?? SUBPROTOCOL, { headers })
        socket.on('unexpected-response', (_request, { statusCode }) => resolve(statusCode))
        socket.on('open', () => resolve(socket.close() ?? 101))
        socket.on('error', reject)
      })
    t.equal(await refused({ origin: 'https://evil.example' }), 403)
    t.equal(await refused({ origin: 'null' }), 403)
    t.equal(await refused({ origin: gateway.url }), 101)
    t.equal(await refused({ protocol: 'other.v1' }), 400)
    t.equal((await fetch(`${gateway.url}/ws`)).status, 400)
  })

  t.test('lets in no more of an address than allowed', async t => {
    const sockets = await Promise.all([1, 2, 3].map(() => connect(t, gateway)))
    const more = await openSocket(t, url, { protocols: [SUBPROTOCOL] })
    t.match(await more.closed, { code: 4102 })
    for (const socket of sockets) socket.close()
  })

  t.equal((await fetch(`${gateway.url}/health/ready`)).status, 200, 'and lives on')
})
