import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import t from 'tap'
import { type FaultProxy, startFaultProxy, type Teardown, until } from '../src/index.ts'
import { startEchoServer } from './fixtures/echo-server.ts'

async function connectTo(t: Teardown, { host, port }: FaultProxy) {
  const socket = connect({ host, port }).setEncoding('utf8')
  t.teardown(() => socket.destroy())
  let received = ''
  let error: Error | undefined
  socket.on('data', text => {
    received += text
  })
  socket.on('error', raised => {
    error = raised
  })
  await once(socket, 'connect')
  return { socket, received: () => received, error: () => error }
}

t.test('bytes pass both ways, in order, and so does the end', async t => {
  const proxy = await startFaultProxy(t, { target: await startEchoServer(t) })
  const client = await connectTo(t, proxy)
  const text = 'pattern '.repeat(100_000)

  client.socket.end(text)
  await once(client.socket, 'end')

  t.equal(client.received(), text)
  await until(() => proxy.connections === 0, { what: 'the end of the connection' })
  t.equal(proxy.accepted, 1)
})

t.test('a cut resets who is connected and refuses who comes, until restored', async t => {
  const proxy = await startFaultProxy(t, { target: await startEchoServer(t) })
  const { port } = proxy
  const client = await connectTo(t, proxy)
  client.socket.write('hello')
  await until(() => client.received() === 'hello')

  await proxy.cut()

  await until(client.error, { what: 'the reset' })
  t.equal(proxy.connections, 0)
  await t.rejects(connectTo(t, proxy), { code: 'ECONNREFUSED' })

  await proxy.restore()
  await proxy.restore()

  t.equal(proxy.port, port)
  const next = await connectTo(t, proxy)
  next.socket.write('again')
  await until(() => next.received() === 'again')
  t.equal(proxy.accepted, 2)
})

t.test('a connection that is just ending is cut too, and leaves no socket behind', async t => {
  const target = createServer({ allowHalfOpen: true })
  target.listen(0, '127.0.0.1')
  await once(target, 'listening')
  t.teardown(() => target.close())
  const address = target.address()
  if (address === null || typeof address !== 'object') throw new Error('the target has no address')
  const proxy = await startFaultProxy(t, { target: { host: '127.0.0.1', port: address.port } })
  const cut = Promise.withResolvers<void>()
  let arrived = 0
  target.on('connection', socket => {
    arrived++
    socket.on('error', () => socket.destroy()).on('end', () => socket.destroy())
    socket.once('data', () => cut.resolve(proxy.cut()))
  })
  const { socket } = await connectTo(t, proxy)
  const bystander = connect(address.port, '127.0.0.1')
  await until(() => arrived === 2, { what: 'both connections' })

  // The end and what calls for the cut are read in one turn: the proxy has begun to pass the end on, and no more.
  socket.end(() => bystander.end('now'))
  await cut.promise

  await until(() => !process.getActiveResourcesInfo().includes('TCPSocketWrap'), { what: 'the sockets to be gone' })
  t.equal(proxy.connections, 0)
})

t.test('a frozen connection stays open and mute, and loses nothing', async t => {
  const proxy = await startFaultProxy(t, { target: await startEchoServer(t) })
  const before = await connectTo(t, proxy)

  proxy.freeze()
  const after = await connectTo(t, proxy)
  before.socket.write('one')
  after.socket.write('two')
  await until(() => proxy.connections === 2)
  t.equal(before.received() + after.received(), '')

  proxy.thaw()
  await until(() => before.received() === 'one' && after.received() === 'two')
})

t.test('bytes arrive through a line with a delay', async t => {
  const proxy = await startFaultProxy(t, { target: await startEchoServer(t) })
  const client = await connectTo(t, proxy)
  proxy.delay(50)

  client.socket.write('late')

  t.ok(await until(() => client.received() === 'late'))
})

t.test('a target that refuses is seen as a reset', async t => {
  const target = await startEchoServer(t)
  const proxy = await startFaultProxy(t, { target })
  target.stop()

  const client = await connectTo(t, proxy)

  await until(client.error, { what: 'the reset' })
})

t.test('bytes arrive in order through a throttled line', async t => {
  const proxy = await startFaultProxy(t, { target: await startEchoServer(t) })
  const client = await connectTo(t, proxy)
  const text = 'pattern '.repeat(100)
  proxy.throttle(4_000, 'to-client')

  client.socket.write(text)

  t.ok(await until(() => client.received() === text))
})

t.test('chunks arrive in order through a line with latency', async t => {
  const proxy = await startFaultProxy(t, { target: await startEchoServer(t) })
  const client = await connectTo(t, proxy)
  proxy.latency(100, 20)

  for (let n = 0; n < 10; n++) {
    await new Promise(written => client.socket.write(`${n} `, written))
  }

  t.ok(await until(() => client.received() === '0 1 2 3 4 5 6 7 8 9 '))
})

t.test('one direction can be mute alone', async t => {
  const proxy = await startFaultProxy(t, { target: await startEchoServer(t) })
  const client = await connectTo(t, proxy)

  proxy.freeze('to-client')
  client.socket.write('hello')
  const other = await connectTo(t, proxy)
  proxy.freeze('to-server')
  other.socket.write('there')
  proxy.thaw()

  await until(() => client.received() === 'hello' && other.received() === 'there')
})

t.test('who is stranded hears nothing any more, not even an end; who comes anew is served', async t => {
  const target = await startEchoServer(t)
  const proxy = await startFaultProxy(t, { target })
  const stranded = await connectTo(t, proxy)
  stranded.socket.write('one')
  await until(() => stranded.received() === 'one')

  proxy.strand()
  stranded.socket.write('two')
  const next = await connectTo(t, proxy)
  next.socket.write('three')
  await until(() => next.received() === 'three')
  const ended = once(next.socket, 'end')
  target.stop()
  await ended

  t.equal(stranded.received(), 'one')
  t.equal(stranded.error(), undefined)
  t.equal(stranded.socket.readyState, 'open')
})
