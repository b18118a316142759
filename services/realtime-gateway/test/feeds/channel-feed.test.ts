import { type Position, perChannel } from '@tickstock/contracts'
import type { LogSignal } from '@tickstock/event-log'
import { createLogger } from '@tickstock/service-kit'
import t from 'tap'
import { ChannelLog } from '../../src/domain/channel-log.ts'
import { Pulse } from '../../src/domain/pulse.ts'
import { WebSocketPublisher } from '../../src/domain/websocket-publisher.ts'
import { ChannelFeed } from '../../src/feeds/channel-feed.ts'
import { entryOf, unhurried } from '../domain/fixtures.ts'
import { SimulatedLog } from '../domain/simulated-log.ts'

const logger = createLogger({ service: 'test', level: 'silent' })
const observer = {
  wrote: () => undefined,
  historyFailed: () => undefined,
  failed: () => undefined,
  closed: () => undefined
}

/** A channel's feed over a log of so many entries. */
function setting(entries: number, prefill: number) {
  const history = new SimulatedLog(3)
  for (let at = 0; at < entries; at++) history.append({})
  const logs = perChannel(channel => new ChannelLog(channel, { epoch: '', offset: 0 }, { entries: 100, bytes: 1e9 }))
  const publisher = new WebSocketPublisher({ logs, history, observer, ...unhurried })
  const feed = new ChannelFeed({
    log: logs.daily,
    publisher,
    history,
    pulse: new Pulse(),
    logger,
    prefill,
    clock: { now: () => 0 }
  })
  const acks: Position[] = []
  const told = (...signals: LogSignal[]) => {
    const reader = {
      async *signals() {
        yield* signals
      },
      ack: (position: Position) => void acks.push(position)
    }
    return feed.follow(reader, new AbortController().signal)
  }
  const entriesOf = (from: number, to: number): LogSignal => ({
    kind: 'entries',
    entries: Array.from({ length: to - from + 1 }, (_, at) => entryOf('e1', from + at))
  })
  return { history, ring: logs.daily.ring, feed, acks, told, entriesOf }
}

t.test('a new ring is filled with what the log has before the reader', async t => {
  const { ring, told, acks, entriesOf, feed } = setting(20, 8)
  t.equal(feed.position, undefined)
  await told(entriesOf(16, 18))
  t.match({ base: ring.base, top: ring.top }, { base: 7, top: 18 })
  t.same(acks, [{ epoch: 'e1', offset: 18 }])
  t.same(feed.position, { epoch: 'e1', offset: 18 })
})

t.test('the first idle read makes the ring stand, too', async t => {
  const { ring, told, history } = setting(5, 100)
  await told({ kind: 'idle', head: history.head })
  t.match({ base: ring.base, top: ring.top }, { base: 0, top: 5 })
})

t.test('a group that stands elsewhere makes neither a hole nor a repetition', async t => {
  const { ring, told, entriesOf } = setting(20, 0)
  await told(entriesOf(1, 4), entriesOf(2, 6), entriesOf(3, 5), entriesOf(10, 12))
  t.match({ base: ring.base, top: ring.top }, { base: 0, top: 12 })
})

t.test('what the log no longer has cannot be filled in: the ring begins after it', async t => {
  const { ring, told, entriesOf, history } = setting(20, 0)
  await told(entriesOf(1, 4))
  history.trim(10)
  await told(entriesOf(15, 16))
  t.match({ base: ring.base, top: ring.top }, { base: 14, top: 16 })
})

t.test('while the log does not answer the ring begins where the reader is', async t => {
  const { ring, told, entriesOf, history } = setting(20, 10)
  history.answers = false
  await told(entriesOf(15, 16))
  t.match({ base: ring.base, top: ring.top }, { base: 14, top: 16 })
})

t.test('a gap is a new beginning', async t => {
  const { ring, told, entriesOf, history } = setting(20, 0)
  await told(entriesOf(1, 4))
  history.flush()
  const gap = { kind: 'gap', reason: 'stream_reset', have: { epoch: 'e1', offset: 4 }, next: history.head } as const
  await told(gap)
  t.match({ epoch: ring.epoch, top: ring.top }, { epoch: 'e2', top: 0 })

  history.append({})
  await told({ kind: 'idle', head: { epoch: 'e3', offset: 9 } })
  t.match({ epoch: ring.epoch, base: ring.base, top: ring.top }, { epoch: 'e3', base: 9, top: 9 })
})
