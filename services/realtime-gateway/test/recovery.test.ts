import { logKey } from '@tickstock/contracts'
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
