import { startFaultProxy, until } from '@tickstock/test-kit'
import getPort from 'get-port'
import t from 'tap'
import { connectRaw, upgradeOf } from './attacks/raw-socket.ts'
import { a, connect, offsetsOf, startGateway, startLog, subscribe, upTo } from './gateway-fixture.ts'

/** Reads the answer to its end: an unread one keeps its connection, and with it the test, open. */
async function readinessOf(port: number): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${port}/health/ready`)
  await answer.text()
  return answer.status
}

t.test('while the log is away sockets stay, say so, and go on by themselves', async t => {
  const log = await startLog(t)
  const proxy = await startFaultProxy(t, { target: { host: '127.0.0.1', port: log.server.port } })
  await log.appendMany(10)
  const gateway = await startGateway(t, `redis://127.0.0.1:${proxy.port}`, { HEARTBEAT_MS: '200', RING_SIZE: '4' })
  const socket = await connect(t, gateway)
  const { position } = await subscribe(socket)

  const other = await connect(t, gateway)
  await proxy.cut()
  await socket.next(message => message.type === 'heartbeat' && message.pipeline.read_age_ms > 1500)
  other.send({ type: 'subscribe', id: 'old', channel: 'daily', from: { epoch: position.epoch, offset: 1 } })
  const refused = await other.next(a('error'))
  await log.appendMany(10)
  await proxy.restore()
  await socket.next(message => message.type === 'event' && message.offset === 20)

  t.match(refused, { id: 'old', code: 'log_unavailable', temporary: true })
  t.same(offsetsOf(socket), upTo(20, 11))
  await until(async () => (await readinessOf(gateway.port)) === 200, { what: 'ready again' })
})

t.test('a gateway that starts before its Redis waits for it, and says that it is not ready', async t => {
  const log = await startLog(t)
  const proxy = await startFaultProxy(t, { target: { host: '127.0.0.1', port: log.server.port } })
  await proxy.cut()
  const port = await getPort()
  const starting = startGateway(t, `redis://127.0.0.1:${proxy.port}`, {}, port)
  await until(async () => (await readinessOf(port)) === 503, { what: 'the gateway to answer' })

  const early = await connectRaw(t, { port })
  early.stream.write(upgradeOf())
  t.equal(await early.answered, 503, 'another gateway may read the log')

  await proxy.restore()
  await starting
  const socket = await connect(t, { port })
  await subscribe(socket)
  await log.append()
  t.match(await socket.next(a('event')), { offset: 1 })
})

t.test('a gateway that gets no slot since Redis is full refuses clients, and one that has a slot serves', async t => {
  const log = await startLog(t)
  await log.append()
  const before = await startGateway(t, log.server.url, { SLOT_TTL_MS: '1000' })
  await log.redis.config('SET', 'maxmemory', '1')
  const port = await getPort()
  const starting = startGateway(t, log.server.url, {}, port)
  await until(async () => (await readinessOf(port)) === 503, { what: 'the gateway to answer' })

  const early = await connectRaw(t, { port })
  early.stream.write(upgradeOf())
  t.equal(await early.answered, 503)
  t.equal(await readinessOf(before.port), 200)
  await subscribe(await connect(t, before))

  await log.redis.config('SET', 'maxmemory', '0')
  await starting
  await subscribe(await connect(t, { port }))
})
