import { decodeServerFrame, gatewayGroup, logKey, SUBPROTOCOL, slotKey } from '@tickstock/contracts'
import { openSocket, until } from '@tickstock/test-kit'
import t from 'tap'
import { a, connect, offsetsOf, socketUrl, startGateway, startLog, subscribe, upTo } from './gateway-fixture.ts'

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

t.test('a gateway that is told to end drains: clients are told, closed with 4200, and the slot is free', async t => {
  const log = await startLog(t)
  const gateway = await startGateway(t, log.server.url)
  const socket = await connect(t, gateway)
  await subscribe(socket)
  const waiting = await openSocket(t, socketUrl(gateway), {
    protocols: [SUBPROTOCOL],
    decode: decodeServerFrame
  })

  const stopped = gateway.stop()

  t.match(await socket.next(a('drain')), { within_ms: 560 })
  t.match(await socket.closed, { code: 4200 })
  t.match(await waiting.closed, { code: 4200 })
  await stopped
  t.equal(await log.redis.exists(slotKey(0)), 0)
})

t.test('the groups of a gateway that was killed are removed by another', async t => {
  const log = await startLog(t)
  const groups = async () => JSON.stringify(await log.redis.xinfo('GROUPS', logKey('daily')))
  const killed = await startGateway(t, log.server.url, { SLOT_TTL_MS: '500' })
  await startGateway(t, log.server.url, { GROUP_RETENTION_MS: '1000' })
  t.ok((await groups()).includes(gatewayGroup(0)))

  killed.kill('SIGKILL')
  await until(async () => !(await groups()).includes(gatewayGroup(0)), { what: 'the group to be removed' })

  t.ok((await groups()).includes(gatewayGroup(1)))
})
