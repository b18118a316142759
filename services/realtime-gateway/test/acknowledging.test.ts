import { acknowledgedKey, type Position } from '@tickstock/contracts'
import { startFaultProxy, until } from '@tickstock/test-kit'
import t from 'tap'
import { a, connect, offsetsOf, type Socket, startGateway, startLog, subscribe, upTo } from './gateway-fixture.ts'

const alice = (device: string) => ({ user: 'alice', device })

const acknowledge = (socket: Socket, position: Position, id = 's') =>
  socket.send({ type: 'ack', positions: { [id]: position } })

const received = (socket: Socket, offset: number) =>
  socket.next(message => message.type === 'event' && message.offset === offset)

/** The ledger as `/metrics` tells it. */
async function ledgerOf({ port }: { readonly port: number }) {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  const figure = (name: string) =>
    Number(new RegExp(`^gateway_ledger_${name}(?:\\{.*\\})? (\\d+)$`, 'm').exec(text)?.[1])
  return {
    sent: figure('sent_total'),
    acknowledged: figure('acknowledged_total'),
    gapSignalled: figure('gap_signalled_total'),
    returned: figure('returned_total'),
    inFlight: figure('in_flight')
  }
}

t.test('a user who returns goes on where he left off, though the gateway that he told was killed', async t => {
  const log = await startLog(t)
  const [first, second] = await Promise.all([startGateway(t, log.server.url), startGateway(t, log.server.url)])
  const socket = await connect(t, first, alice('laptop'))
  const { position } = await subscribe(socket, { name: 'page', from: 'acknowledged' })
  const { epoch } = position
  await log.appendMany(20)
  await received(socket, 20)
  acknowledge(socket, { epoch, offset: 12 })
  const { positions } = await socket.next(a('acknowledged'))
  t.same(positions, { s: { epoch, offset: 12 } })

  await first.kill('SIGKILL')
  await log.appendMany(10)
  const again = await connect(t, second, alice('laptop'))
  const resumed = await subscribe(again, { id: 'again', name: 'page', from: 'acknowledged' })
  await again.next(a('caught_up'))

  t.match(resumed, { mode: 'resumed', position: { epoch, offset: 12 }, top: 30 })
  t.same(offsetsOf(again), upTo(30, 13))
})

t.test('another device begins where the furthest left off, and each then goes its own way', async t => {
  const log = await startLog(t)
  const gateway = await startGateway(t, log.server.url)
  const laptop = await connect(t, gateway, alice('laptop'))
  const live = await subscribe(laptop, { name: 'page', from: 'acknowledged' })
  const { epoch } = live.position
  t.equal(live.mode, 'live', 'nothing was ever acknowledged')
  await log.appendMany(10)
  await received(laptop, 10)
  acknowledge(laptop, { epoch, offset: 4 })
  await laptop.next(a('acknowledged'))

  const phone = await connect(t, gateway, alice('phone'))
  t.match(await subscribe(phone, { name: 'page', from: 'acknowledged' }), { position: { offset: 4 } })
  await received(phone, 10)
  acknowledge(phone, { epoch, offset: 9 })
  await phone.next(a('acknowledged'))

  const back = await connect(t, gateway, alice('laptop'))
  t.match(await subscribe(back, { name: 'page', from: 'acknowledged' }), { position: { offset: 4 } })
  t.match(await subscribe(back, { id: 'any', name: 'page', channel: 'combo', from: 'acknowledged' }), { mode: 'live' })
  const other = await connect(t, gateway, alice('laptop'))
  const anywhere = await subscribe(other, { name: 'page', from: 'acknowledged_anywhere' })
  t.match(anywhere, { mode: 'resumed', position: { offset: 9 } })

  const bob = await connect(t, gateway, { user: 'bob', device: 'laptop' })
  t.match(await subscribe(bob, { name: 'page', from: 'acknowledged_anywhere' }), { mode: 'live' })
})

t.test('what is acknowledged while Redis is away is kept and answered when it is back', async t => {
  const log = await startLog(t)
  const proxy = await startFaultProxy(t, { target: { host: '127.0.0.1', port: log.server.port } })
  const gateway = await startGateway(t, `redis://127.0.0.1:${proxy.port}`, { HEARTBEAT_MS: '200' })
  const socket = await connect(t, gateway, alice('laptop'))
  const { position } = await subscribe(socket, { name: 'page' })
  const { epoch } = position
  await log.appendMany(5)
  await received(socket, 5)

  await proxy.cut()
  for (const offset of [1, 2, 3]) acknowledge(socket, { epoch, offset })
  await socket.next(message => message.type === 'heartbeat' && message.pipeline.read_age_ms > 500)
  t.equal(socket.received.filter(a('acknowledged')).length, 0, 'nothing is said to be kept')
  await proxy.restore()

  t.match(await socket.next(a('acknowledged')), { positions: { s: { epoch, offset: 3 } } })
  t.match(Object.values(await log.redis.hgetall(acknowledgedKey('alice'))), [/"offset":3,/])
})

t.test('a gateway that is told to end keeps what was acknowledged a moment before', async t => {
  const log = await startLog(t)
  const gateway = await startGateway(t, log.server.url)
  const socket = await connect(t, gateway, alice('laptop'))
  const { position } = await subscribe(socket, { name: 'page' })
  await log.appendMany(5)
  await received(socket, 5)

  const stopped = gateway.stop()
  await socket.next(a('drain'))
  acknowledge(socket, { epoch: position.epoch, offset: 5 })
  await socket.closed
  await stopped

  t.match(await log.redis.hgetall(acknowledgedKey('alice')), { 'laptop page daily': /"offset":5,/ })
})

t.test('what cannot be acknowledged is refused and changes nothing; the rest of the message counts', async t => {
  const log = await startLog(t)
  const gateway = await startGateway(t, log.server.url)
  const socket = await connect(t, gateway, { user: 'alice' })
  const { position } = await subscribe(socket, { name: 'page' })
  await subscribe(socket, { id: 'unnamed', channel: 'combo' })
  const { epoch } = position
  await log.appendMany(5)
  await received(socket, 5)

  const at = (offset: number) => ({ epoch, offset })
  socket.send({ type: 'ack', positions: { s: at(2), unnamed: at(0), unknown: at(1) } })
  const error = await socket.next(a('error'))
  await socket.next(a('acknowledged'))
  acknowledge(socket, at(6))
  const beyond = await socket.next(a('error'))
  acknowledge(socket, { epoch: 'another', offset: 1 })
  socket.send({ type: 'unsubscribe', id: 's' })
  await socket.next(a('unsubscribed'))
  acknowledge(socket, at(4))
  await socket.next(a('acknowledged'))

  t.match(error, { code: 'invalid_request', detail: /unnamed.*unknown/ })
  t.notOk('id' in error, 'an error with an id would end the subscription')
  t.match(beyond, { code: 'invalid_request', detail: /beyond/ })
  t.equal(socket.received.filter(a('error')).length, 2)
  t.match(await log.redis.hgetall(acknowledgedKey('alice')), { 'default page daily': /"offset":4,/ })
})

t.test('the ledger accounts for every event that was sent', async t => {
  const log = await startLog(t)
  const gateway = await startGateway(t, log.server.url)
  const [kept, left] = [await connect(t, gateway, alice('laptop')), await connect(t, gateway, alice('phone'))]
  const { position } = await subscribe(kept, { name: 'page' })
  await subscribe(left, { name: 'page' })
  await log.appendMany(10)
  await Promise.all([received(kept, 10), received(left, 10)])
  t.same(await ledgerOf(gateway), { sent: 20, acknowledged: 0, gapSignalled: 0, returned: 0, inFlight: 20 })

  acknowledge(kept, { epoch: position.epoch, offset: 10 })
  left.close()
  const settled = { sent: 20, acknowledged: 10, gapSignalled: 0, returned: 10, inFlight: 0 }
  await until(async () => (await ledgerOf(gateway)).returned === 10, { what: 'the other to be gone' })
  t.same(await ledgerOf(gateway), settled)

  await log.append()
  await received(kept, 11)
  await log.redis.flushall()
  log.forget()
  await log.append()
  await kept.next(a('gap'))
  await kept.next(a('event'))
  t.same(await ledgerOf(gateway), { ...settled, sent: 22, gapSignalled: 1, inFlight: 1 })
})

t.test('a name needs somebody, and is a socket’s once on a channel', async t => {
  const log = await startLog(t)
  const gateway = await startGateway(t, log.server.url)
  const nobody = await connect(t, gateway)
  nobody.send({ type: 'subscribe', id: 's', channel: 'daily', from: 'now', name: 'page' })
  t.match(await nobody.next(a('error')), { id: 's', code: 'unauthenticated' })
  nobody.send({ type: 'subscribe', id: 's', channel: 'daily', from: 'acknowledged' })
  t.match(await nobody.next(a('error')), { id: 's', code: 'invalid_request', detail: /needs a name/ })

  const socket = await connect(t, gateway, alice('laptop'))
  await subscribe(socket, { name: 'page' })
  const filter = { symbols: ['NVDA'] }
  socket.send({ type: 'subscribe', id: 'other', channel: 'daily', from: 'now', name: 'page', filter })
  t.match(await socket.next(a('error')), { id: 'other', code: 'invalid_request', detail: /subscription s has it/ })
  t.match(await subscribe(socket, { id: 'other', channel: 'combo', name: 'page', filter }), { mode: 'live' })
})
