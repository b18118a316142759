import { decodeServerFrame, logKey, SUBPROTOCOL, slotKey } from '@tickstock/contracts'
import { openSocket, startFaultProxy, until } from '@tickstock/test-kit'
import getPort from 'get-port'
import t from 'tap'
import { a, connect, offsetsOf, startGateway, startLog, subscribe, upTo } from './gateway-fixture.ts'

t.test('a log that was lost is told as a new epoch, and nothing of the new one is missed', async t => {
  const log = await startLog(t)
  await log.appendMany(5)
  const gateway = await startGateway(t, log.server.url)
  const socket = await connect(t, gateway)
  const { position } = await subscribe(socket)

  await log.redis.flushall()
  log.forget()
  await log.appendMany(3)

  const gap = await socket.next(a('gap'))
  await socket.next(message => message.type === 'event' && message.offset === 3)
  t.match(gap, {
    reason: 'stream_reset',
    have: { epoch: position.epoch, offset: 5 },
    next: { offset: 0 },
    action: 'rescan'
  })
  t.not(gap.next.epoch, position.epoch)
  t.same(offsetsOf(socket), [1, 2, 3])

  const late = await connect(t, gateway)
  await subscribe(late, { from: position })
  t.match(await late.next(a('gap')), { reason: 'stream_reset', have: position, next: gap.next })
  await late.next(a('caught_up'))
  t.same(offsetsOf(late), [1, 2, 3])
})

t.test('what retention has cut is told as a gap, and the rest follows', async t => {
  const log = await startLog(t)
  await log.appendMany(50)
  await log.redis.xtrim(logKey('daily'), 'MAXLEN', 20)
  const gateway = await startGateway(t, log.server.url, { RING_SIZE: '5' })
  const socket = await connect(t, gateway)
  const { position } = await subscribe(socket)

  const late = await connect(t, gateway)
  await subscribe(late, { from: { epoch: position.epoch, offset: 10 } })
  await late.next(a('caught_up'))

  t.match(late.received.find(a('gap')), { reason: 'expired', have: { offset: 10 }, next: { offset: 30 } })
  t.same(offsetsOf(late), upTo(50, 31))
})

t.test('a position beyond the end is told as a gap', async t => {
  const log = await startLog(t)
  await log.appendMany(3)
  const gateway = await startGateway(t, log.server.url)
  const socket = await connect(t, gateway)
  const { position } = await subscribe(socket)

  const late = await connect(t, gateway)
  await subscribe(late, { from: { epoch: position.epoch, offset: 99 } })

  t.match(await late.next(a('gap')), { reason: 'ahead', have: { offset: 99 }, next: position })
})

t.test('whoever was connected to a gateway that is killed misses nothing at the next', async t => {
  const log = await startLog(t)
  await log.appendMany(20)
  const first = await startGateway(t, log.server.url, { SLOT_TTL_MS: '600' })
  const socket = await connect(t, first)
  const { position } = await subscribe(socket)
  await log.appendMany(30)
  const seen = await socket.next(message => message.type === 'event' && message.offset === 40)

  await first.kill('SIGKILL')
  await socket.closed
  await log.appendMany(50)
  const second = await startGateway(t, log.server.url, { SLOT: '0' })
  await log.appendMany(5)
  const again = await connect(t, second)
  const from = Math.max(...offsetsOf(socket))
  await subscribe(again, { from: { epoch: position.epoch, offset: from } })
  await again.next(message => message.type === 'event' && message.offset === 105)

  t.equal(seen.type, 'event')
  t.same([...offsetsOf(socket), ...offsetsOf(again)], upTo(105, 21))
})

t.test('two gateways have a slot each, and both deliver everything', async t => {
  const log = await startLog(t)
  const gateways = await Promise.all([startGateway(t, log.server.url), startGateway(t, log.server.url)])
  const sockets = await Promise.all(gateways.map(gateway => connect(t, gateway)))
  for (const socket of sockets) await subscribe(socket)

  const last = await log.appendMany(500)

  for (const socket of sockets) await socket.next(message => message.type === 'event' && message.offset === last)
  t.same(sockets.map(offsetsOf), [upTo(500), upTo(500)])
  t.equal(await log.redis.exists(slotKey(0), slotKey(1)), 2)
})

t.test('a gateway whose slot another took goes on with the next slot, and delivers all', async t => {
  const log = await startLog(t)
  const gateway = await startGateway(t, log.server.url, { SLOT_TTL_MS: '600' })
  const socket = await connect(t, gateway)
  await subscribe(socket)
  await log.appendMany(10)

  await log.redis.set(slotKey(0), 'another', 'PX', 60_000)
  await until(() => log.redis.exists(slotKey(1)), { what: 'slot 1 to be taken' })
  const last = await log.appendMany(10)

  await socket.next(message => message.type === 'event' && message.offset === last)
  t.same(offsetsOf(socket), upTo(20))
  await gateway.stop()
  t.equal(await log.redis.get(slotKey(0)), 'another')
  t.equal(await log.redis.exists(slotKey(1)), 0)
})

t.test('while the log is away sockets stay, say so, and go on by themselves', async t => {
  const log = await startLog(t)
  const proxy = await startFaultProxy(t, { target: { host: '127.0.0.1', port: log.server.port } })
  await log.appendMany(10)
  const gateway = await startGateway(t, `redis://127.0.0.1:${proxy.port}`, { HEARTBEAT_MS: '200', RING_SIZE: '4' })
  const socket = await connect(t, gateway)
  const { position } = await subscribe(socket)

  await proxy.cut()
  await socket.next(message => message.type === 'heartbeat' && message.pipeline.read_age_ms > 1500)
  const other = await connect(t, gateway)
  other.send({ type: 'subscribe', id: 'old', channel: 'daily', from: { epoch: position.epoch, offset: 1 } })
  const refused = await other.next(a('error'))
  await log.appendMany(10)
  await proxy.restore()
  await socket.next(message => message.type === 'event' && message.offset === 20)

  t.match(refused, { id: 'old', code: 'log_unavailable', temporary: true })
  t.same(offsetsOf(socket), upTo(20, 11))
  await until(async () => (await fetch(`${gateway.url}/health/ready`)).ok, { what: 'ready again' })
})

t.test('a gateway that is told to end drains: clients are told, closed with 4200, and the slot is free', async t => {
  const log = await startLog(t)
  const gateway = await startGateway(t, log.server.url)
  const socket = await connect(t, gateway)
  await subscribe(socket)
  const waiting = await openSocket(t, `ws://127.0.0.1:${gateway.port}/ws`, {
    protocols: [SUBPROTOCOL],
    decode: decodeServerFrame
  })

  const stopped = gateway.stop()

  t.match(await socket.next(a('drain')), { within_ms: 800 })
  t.match(await socket.closed, { code: 4200 })
  t.match(await waiting.closed, { code: 4200 })
  await stopped
  t.equal(await log.redis.exists(slotKey(0)), 0)
})

t.test('a gateway that starts before its Redis waits for it, and says that it is not ready', async t => {
  const log = await startLog(t)
  const proxy = await startFaultProxy(t, { target: { host: '127.0.0.1', port: log.server.port } })
  await proxy.cut()
  const port = await getPort()
  const starting = startGateway(t, `redis://127.0.0.1:${proxy.port}`, {}, port)
  const readiness = () => fetch(`http://127.0.0.1:${port}/health/ready`)
  await until(async () => (await readiness()).status === 503, { what: 'the gateway to answer' })

  const early = await connect(t, { port })
  early.send({ type: 'subscribe', id: 's', channel: 'daily', from: 'now' })
  t.match(await early.next(a('error')), { code: 'log_unavailable' })

  await proxy.restore()
  await starting
  await subscribe(early)
  await log.append()
  t.match(await early.next(a('event')), { offset: 1 })
})
