import { until } from '@tickstock/test-kit'
import t from 'tap'
import { WebSocket } from 'ws'
import { a, connect, offsetsOf, socketUrl, startGateway, startLog, subscribe, upTo } from './gateway-fixture.ts'

t.test('an event reaches its subscriber with offset, previous and epoch', async t => {
  const log = await startLog(t)
  const gateway = await startGateway(t, log.server.url)
  const socket = await connect(t, gateway, { user: 'trader' })
  const { position, mode, feed } = await subscribe(socket)

  await log.append({ symbol: 'AAPL' })
  await log.append({ symbol: 'MSFT' })

  const first = await socket.next(a('event'))
  const second = await socket.next(a('event'))
  t.equal(mode, 'live')
  t.match(first, { feed, epoch: position.epoch, offset: 1, previous: 0, event: { pattern: { symbol: 'AAPL' } } })
  t.match(second, { offset: 2, previous: 1, event: { pattern: { symbol: 'MSFT' } } })
})

t.test('a filter lets through what matches, and previous names the match before', async t => {
  const log = await startLog(t)
  const gateway = await startGateway(t, log.server.url)
  const socket = await connect(t, gateway)
  await subscribe(socket, { filter: { symbols: ['NVDA'], confidence_min: 0.5 } })

  await log.append({ symbol: 'AAPL' })
  await log.append({ symbol: 'NVDA', confidence: 0.9 })
  await log.append({ symbol: 'NVDA', confidence: 0.1 })
  await log.append({ symbol: 'NVDA', expired: true })

  t.match(await socket.next(a('event')), { offset: 2, previous: 0 })
  t.match(await socket.next(a('event')), { offset: 4, previous: 2, event: { kind: 'pattern_expired' } })
})

t.test('a resume gives everything after the position, then says that it has caught up', async t => {
  const log = await startLog(t)
  await log.appendMany(1200)
  const gateway = await startGateway(t, log.server.url, { RING_SIZE: '100' })
  const socket = await connect(t, gateway)
  const { position } = await subscribe(socket)

  const other = await connect(t, gateway)
  const subscribed = await subscribe(other, { from: { epoch: position.epoch, offset: 10 } })
  const caughtUp = await other.next(a('caught_up'))
  await log.append()
  await other.next(message => message.type === 'event' && message.offset === 1201)

  t.match(subscribed, { mode: 'resumed', top: 1200, position: { offset: 10 } })
  t.match(caughtUp, { position: { epoch: position.epoch, offset: 1200 } })
  t.same(offsetsOf(other), upTo(1201, 11))
})

t.test('several feeds of a socket share its writes, each in its own order', async t => {
  const log = await startLog(t)
  const gateway = await startGateway(t, log.server.url)
  const socket = await connect(t, gateway)
  const all = await subscribe(socket, { id: 'all' })
  const some = await subscribe(socket, { id: 'some', filter: { symbols: ['NVDA'] } })
  const other = await subscribe(socket, { id: 'other', channel: 'combo' })

  await log.appendMany(40, at => ({ symbol: at % 4 === 0 ? 'NVDA' : 'AAPL' }))
  await log.appendMany(5, () => ({ channel: 'combo' }))

  const of = (feed: string) =>
    socket.received
      .filter(a('event'))
      .filter(event => event.feed === feed)
      .map(({ offset }) => offset)
  await until(() => of(all.feed).length === 40 && of(some.feed).length === 10 && of(other.feed).length === 5)
  t.same(of(all.feed), upTo(40))
  t.same(
    of(some.feed),
    upTo(10).map(at => at * 4 - 3)
  )
  t.same(of(other.feed), upTo(5))
})

t.test('a peer that answers nothing is cut after two heartbeats, one that answers pings is not', async t => {
  const log = await startLog(t)
  const gateway = await startGateway(t, log.server.url, { HEARTBEAT_MS: '200' })
  const lively = await connect(t, gateway)
  const mute = new WebSocket(socketUrl(gateway), { autoPong: false })
  t.teardown(() => mute.terminate())
  mute.on('open', () => mute.send('{"type":"auth"}'))

  const code = await new Promise<number>(resolve => mute.on('close', resolve))

  t.equal(code, 4101)
  t.match(await lively.next(a('heartbeat')), { feeds: {} })
})
