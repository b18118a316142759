import { once } from 'node:events'
import t from 'tap'
import { WebSocketServer } from 'ws'
import { openSocket, type Teardown } from '../src/index.ts'

async function startServer(t: Teardown) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  t.teardown(() => {
    for (const client of server.clients) client.terminate()
    server.close()
  })
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address !== 'object') throw new Error('the server has no address')
  return { server, url: `ws://127.0.0.1:${address.port}` }
}

t.test('messages come one by one, whether a frame held one or many', async t => {
  const { server, url } = await startServer(t)
  server.on('connection', socket => {
    socket.send('{"n":1}')
    socket.send('[{"n":2},{"n":3}]')
    socket.send('{"n":4}')
  })
  const socket = await openSocket(t, url)

  t.same(await socket.next(), { n: 1 })
  t.same(await socket.next(message => message['n'] === 3), { n: 3 })
  t.same(await socket.next(), { n: 4 }, 'what was passed over does not come back')
  t.same(socket.received, [{ n: 1 }, { n: 2 }, { n: 3 }, { n: 4 }])
})

t.test('it speaks the given subprotocol, sends JSON and headers, and sees messages as decoded', async t => {
  const { server, url } = await startServer(t)
  server.on('connection', (socket, { headers }) => {
    socket.on('message', data => socket.send(`${socket.protocol} ${headers['x-user-id']} ${data}`))
  })
  const socket = await openSocket(t, url, {
    protocols: ['tickstock.v1'],
    headers: { 'X-User-ID': 'alice' },
    decode: frame => frame.split(' ')
  })

  socket.send({ type: 'ping' })

  const isBrace = (word: string): word is `{${string}` => word.startsWith('{')
  t.equal(await socket.next(isBrace), '{"type":"ping"}')
  t.same(socket.received.slice(0, 2), ['tickstock.v1', 'alice'])
})

t.test('who waits for a message that never comes is told what came instead', async t => {
  const { server, url } = await startServer(t)
  server.on('connection', socket => socket.send('{"type":"welcome"}'))
  const socket = await openSocket(t, url)

  await t.rejects(
    socket.next(({ type }) => type === 'event', { within: 100 }),
    /no such message within 100 ms; received instead: \[{"type":"welcome"}\]/
  )
})

t.test('a close ends all waiting, and is told with code and reason', async t => {
  const { server, url } = await startServer(t)
  server.on('connection', socket => socket.on('message', () => socket.close(4001, 'unauthorised')))
  const socket = await openSocket(t, url)
  const waiting = socket.next()

  socket.send({})

  await t.rejects(waiting, /the socket was closed \(4001 unauthorised\)/)
  t.same(await socket.closed, { code: 4001, reason: 'unauthorised' })
  await t.rejects(socket.next(), /the socket was closed/)
})

t.test('we can close it ourselves', async t => {
  const { url } = await startServer(t)
  const socket = await openSocket(t, url)

  socket.close(1000, 'done')

  t.match(await socket.closed, { code: 1000 })
})

t.test('a socket that is refused, or answered by nobody, does not open', async t => {
  const { server, url } = await startServer(t)
  server.options.verifyClient = () => false
  await t.rejects(openSocket(t, url), /refused the WebSocket/)

  server.options.verifyClient = (_info: unknown, _answer: unknown) => {}
  await t.rejects(openSocket(t, url, { within: 100 }), /did not open a WebSocket within 100 ms/)
})
