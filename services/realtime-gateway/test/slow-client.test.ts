import { decodeServerFrame, type ServerMessage, SUBPROTOCOL } from '@tickstock/contracts'
import { type Closed, startFaultProxy, until } from '@tickstock/test-kit'
import t from 'tap'
import { WebSocket } from 'ws'
import { a, connect, offsetsOf, socketUrl, startGateway, startLog, subscribe, upTo } from './gateway-fixture.ts'

async function outstanding(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return Number(/^gateway_outstanding_bytes\S* (\S+)/m.exec(text)?.[1])
}

t.test('a client that does not read costs no more for being far behind, and gets all when it reads again', async t => {
  const log = await startLog(t)
  const gateway = await startGateway(t, log.server.url, { RING_SIZE: '500', HEARTBEAT_MS: '60000' })
  const quick = await connect(t, gateway)
  await subscribe(quick)
  const slow = new WebSocket(socketUrl(gateway), SUBPROTOCOL)
  t.teardown(() => slow.terminate())
  const received: ServerMessage[] = []
  slow.on('message', data => received.push(...decodeServerFrame(data.toString())))
  slow.on('open', () => slow.send('[{"type":"auth"},{"type":"subscribe","id":"s","channel":"daily","from":"now"}]'))
  await until(() => received.some(a('subscribed')))

  slow.pause()
  let last = 0
  let most = 0
  for (let round = 0; round < 30; round++) {
    last = await log.appendMany(1000)
    const upTo = last
    await quick.next(message => message.type === 'event' && message.offset === upTo)
    most = Math.max(most, await outstanding(gateway.url))
  }
  slow.resume()
  await until(() => received.findLast(a('event'))?.offset === last, {
    what: 'the slow client to catch up'
  })

  t.ok(most > 0, 'it was behind')
  t.ok(most < 512 * 1024, `at most ${most} bytes were held for it`)
  t.same(
    received.filter(a('event')).map(({ offset }) => offset),
    upTo(last)
  )
  t.notOk(received.some(a('gap')))
  await until(() => received.some(a('caught_up')), { what: 'the slow client to be told that it has caught up' })
  const said = received.filter(message => message.type === 'slow' || message.type === 'caught_up')
  t.match(
    said,
    [{ type: 'slow', reason: 'reading' }, { type: 'caught_up' }],
    'it is told once that it is behind, and when that is over'
  )
})

t.test('a reader of 1 KB/s is not taken for dead while all that waits for him lies on the way', async t => {
  const log = await startLog(t)
  const gateway = await startGateway(t, log.server.url, { HEARTBEAT_MS: '200' })
  const proxy = await startFaultProxy(t, { target: { host: '127.0.0.1', port: gateway.port } })
  const quick = await connect(t, gateway)
  const slow = await connect(t, { port: proxy.port })
  await subscribe(slow)

  proxy.throttle(1_024, 'to-client')
  let last = 0
  // His pongs come after some 3 s, which is fifteen heartbeats.
  for (let beats = 0; beats < 18; beats++) {
    last = await log.appendMany(2)
    const seen = quick.received.length
    await until(() => quick.received.slice(seen).some(a('heartbeat')))
  }
  t.ok(offsetsOf(slow).length < last, 'he is behind')
  proxy.throttle(Number.POSITIVE_INFINITY)

  await until(() => offsetsOf(slow).at(-1) === last, { what: 'the slow reader to have all' })
  t.same(offsetsOf(slow), upTo(last))
})

t.test('a slow reader that answers every ping stays, with megabytes on the way to it', async t => {
  const log = await startLog(t)
  const gateway = await startGateway(t, log.server.url, { HEARTBEAT_MS: '100' })
  const proxy = await startFaultProxy(t, { target: { host: '127.0.0.1', port: gateway.port } })
  const quick = await connect(t, gateway)
  const { position } = await subscribe(quick)
  const last = await log.appendMany(6_000)
  await quick.next(message => message.type === 'event' && message.offset === last)

  const slow = await connect(t, { port: proxy.port })
  let closed: Closed | undefined
  void slow.closed.then(how => (closed = how))
  proxy.throttle(512 * 1_024, 'to-client')
  await subscribe(slow, { from: position })
  await until(() => closed !== undefined || offsetsOf(slow).at(-1) === last, { what: 'the slow reader to have all' })

  t.equal(closed, undefined)
  t.same(offsetsOf(slow), upTo(last))
})
