import { once } from 'node:events'
import type { Socket } from 'node:net'
import { type Teardown, until } from '@tickstock/test-kit'
import t from 'tap'
import { WebSocket, WebSocketServer } from 'ws'
import { textFrame } from '../../src/domain/frames.ts'
import { SocketOutlet } from '../../src/routes/socket-outlet.ts'

/** A server's socket and its client, which notes what it receives. */
async function pair(t: Teardown) {
  const { promise, resolve } = Promise.withResolvers<{ socket: WebSocket; stream: Socket }>()
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false })
  server.on('connection', (socket, { socket: stream }) => resolve({ socket, stream }))
  await once(server, 'listening')
  const address = server.address()
  // `ws` by itself cuts a server whose 60 pings come so fast that its pongs are not written in between.
  const options = { autoPong: false }
  const client = new WebSocket(`ws://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`, options)
  const received: string[] = []
  client.on('message', data => received.push(data.toString()))
  client.on('ping', data => {
    received.push('ping')
    client.pong(data)
  })
  client.on('close', code => received.push(`close ${code}`))
  const { socket, stream } = await promise
  if (client.readyState !== client.OPEN) await once(client, 'open')
  t.teardown(() => {
    client.terminate()
    socket.terminate()
    server.close()
  })
  return { outlet: new SocketOutlet(socket, stream), stream, client, received }
}

t.test('frames that are ready and those of ws come in the order in which they were handed over', async t => {
  const { outlet, received } = await pair(t)
  const expected: string[] = []
  for (let round = 0; round < 200; round++) {
    outlet.write(textFrame(`shared ${round}`))
    outlet.ping()
    outlet.send(`own ${round}`)
    expected.push(`shared ${round}`, 'ping', `own ${round}`)
  }
  outlet.close('draining', 'bye')
  outlet.write(textFrame('too late'))
  outlet.send('too late')
  outlet.ping()
  await until(() => received.at(-1)?.startsWith('close') ?? false)
  t.same(received, [...expected, 'close 4200'])
})

t.test(
  'who is told to go while he talks and does not read sees all that was written before it, and the code',
  async t => {
    const { outlet, client, received } = await pair(t)
    client.pause()
    const text = 'x'.repeat(100_000)
    let written = 0
    for (; written < 200 && outlet.buffered === 0; written++) {
      outlet.write(textFrame(text))
      await new Promise(setImmediate)
    }
    t.ok(outlet.buffered > 0)

    for (let said = 0; said < 1_000; said++) client.send(text.slice(0, 1_000))
    outlet.close('overloaded', 'bye')
    for (let said = 0; said < 1_000; said++) client.send(text.slice(0, 1_000))
    await new Promise(setImmediate)
    client.resume()
    await until(() => received.at(-1)?.startsWith('close') ?? false)

    t.equal(received.filter(one => one === text).length, written)
    t.equal(received.at(-1), 'close 4100')
  }
)

t.test('what is outstanding is what the operating system has not taken, and it is said when it has', async t => {
  const { outlet, client } = await pair(t)
  client.pause()
  const frame = textFrame('x'.repeat(1_000_000))
  for (let written = 0; written < 200 && outlet.buffered === 0; written++) {
    outlet.write(frame)
    await new Promise(setImmediate)
  }
  t.ok(outlet.buffered > 0)
  let said = 0
  outlet.whenTaken(() => said++)
  outlet.send('and this', () => said++)
  await new Promise(setImmediate)
  t.equal(said, 0)

  client.resume()
  await until(() => said === 2)
  t.equal(outlet.buffered, 0)
})

t.test('who waits for a socket that goes is told so', async t => {
  const { outlet, stream } = await pair(t)
  outlet.close('draining', 'bye')
  let said = 0
  outlet.send('too late', () => said++)
  t.equal(said, 1)
  outlet.whenTaken(() => said++)
  stream.destroy()
  await until(() => said === 2)
  outlet.whenTaken(() => said++)
  await until(() => said === 3)
})
