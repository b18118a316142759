import { type Position, perChannel } from '@tickstock/contracts'
import t from 'tap'
import { ChannelLog } from '../../src/domain/channel-log.ts'
import { canonical, matcherOf, type SelectedFilter } from '../../src/domain/matcher.ts'
import { SharedPages } from '../../src/domain/shared-pages.ts'
import { Subscriber } from '../../src/domain/subscription.ts'
import { WebSocketPublisher } from '../../src/domain/websocket-publisher.ts'
import { feedOf, unhurried } from './fixtures.ts'
import { SimulatedClient } from './simulated-client.ts'
import { SimulatedLog } from './simulated-log.ts'

const PAGE = 50

function logOf(entries: number, symbols = ['AAPL']): SimulatedLog {
  const log = new SimulatedLog(PAGE)
  for (let at = 0; at < entries; at++) log.append({ symbol: symbols[at % symbols.length] ?? '' })
  return log
}

const SYMBOLS = Array.from({ length: 20 }, (_, at) => `S${at}`)

/** Lets so many clients return, each to a position of its own, to a gateway whose ring holds nothing of what they want. */
async function comeBack(log: SimulatedLog, positions: readonly Position[], filter: SelectedFilter = {}) {
  const logs = perChannel(channel => new ChannelLog(channel, log.head, { entries: 10, bytes: 1e9 }))
  const observer = { wrote: nothing, historyFailed: nothing, failed: nothing, closed: nothing }
  const publisher = new WebSocketPublisher({ logs, history: log, observer, ...unhurried })
  const clients = positions.map(from => {
    const client = new SimulatedClient()
    const feed = feedOf(logs.daily, filter)
    publisher.subscribe({ subscriber: new Subscriber(client), id: 's', log: logs.daily, feed, from, replay: true })
    return client
  })
  const isDone = () => clients.every(({ messages }) => messages.at(-1)?.type === 'caught_up')
  for (let rounds = 0; rounds < 10_000 && !isDone(); rounds++) {
    publisher.flush()
    publisher.replay()
    await new Promise(setImmediate)
  }
  const matcher = matcherOf(canonical(filter))
  const due = log.after(0).filter(entry => matcher.effectOf(entry) !== undefined)
  for (const [at, { messages }] of clients.entries()) {
    const offsets = messages.flatMap(message => (message.type === 'event' ? [message.offset] : []))
    const expected = due.map(({ offset }) => offset).filter(offset => offset > (positions[at]?.offset ?? 0))
    if (offsets.join() !== expected.join()) throw new Error(`client ${at} got ${offsets} instead of ${expected}`)
  }
  return clients
}

const nothing = () => undefined

t.test('a thousand subscriptions from one old position read the log as often as one', async t => {
  const alone = logOf(2000, SYMBOLS)
  await comeBack(alone, [{ epoch: alone.epoch, offset: 17 }], { symbols: ['S3'] })
  const crowded = logOf(2000, SYMBOLS)
  await comeBack(crowded, Array<Position>(1000).fill({ epoch: crowded.epoch, offset: 17 }), { symbols: ['S3'] })

  t.equal(alone.reads, 2000 / PAGE)
  t.equal(crowded.reads, alone.reads)
})

t.test('subscriptions from anywhere read each page once', async t => {
  const log = logOf(2000, SYMBOLS)
  const positions = Array.from({ length: 1000 }, (_, at) => ({ epoch: log.epoch, offset: (at * 7919) % 2000 }))
  await comeBack(log, positions, { symbols: ['S3', 'S7'] })
  t.equal(log.reads, 2000 / PAGE)
})

t.test('what equal feeds are sent at one place is one frame', async t => {
  const log = logOf(500)
  const clients = await comeBack(log, Array<Position>(50).fill({ epoch: log.epoch, offset: 0 }))
  const frames = new Set(clients.flatMap(({ frames }) => frames))
  const written = clients.reduce((sum, client) => sum + client.frames.length, 0)
  t.ok(frames.size < written / 5, `${frames.size} frames for ${written} writes`)
})

t.test('a page of one epoch is none of another', async t => {
  const log = logOf(70)
  const pages = new SharedPages(log, 1e6)
  const former = log.epoch
  t.equal((await pages.read('daily', { epoch: former, offset: 10 })).last, 50)

  log.loseTail(40)
  for (let at = 0; at < 40; at++) log.append({ symbol: 'MSFT' })

  t.equal(pages.held('daily', { epoch: log.epoch, offset: 30 }), undefined)
  const page = await pages.read('daily', { epoch: log.epoch, offset: 30 })
  t.equal(page.epoch, log.epoch)
  t.same([page.firstAfter(30), page.last], [31, 50])
  t.equal(pages.held('daily', { epoch: former, offset: 49 })?.last, 50, 'who was in the former goes on in it')
  t.equal((await pages.read('daily', { epoch: former, offset: 50 })).epoch, log.epoch, 'and is told where it ended')
})

t.test('a page that ended with the log is read again for what came since, and kept where it was cut since', async t => {
  const log = logOf(20)
  const pages = new SharedPages(log, 1e6)
  const { epoch } = log
  await pages.read('daily', { epoch, offset: 0 })
  t.equal(pages.held('daily', { epoch, offset: 20 }), undefined)

  log.append({})
  t.equal((await pages.read('daily', { epoch, offset: 20 })).last, 21)
  t.equal(pages.held('daily', { epoch, offset: 20 })?.last, 21)

  log.trim(21)
  t.equal((await pages.read('daily', { epoch, offset: 21 })).epoch, undefined)
  t.equal(pages.held('daily', { epoch, offset: 0 })?.firstAfter(0), 1)
})

t.test('no more is kept than is allowed, and that is what was used last', async t => {
  const log = logOf(400)
  const { epoch } = log
  const of = (offset: number) => ({ epoch, offset })
  const size = (await new SharedPages(log, 1e9).read('daily', of(100))).bytes
  const pages = new SharedPages(log, size * 3.5)
  for (const offset of [0, 50, 100]) await pages.read('daily', of(offset))
  pages.held('daily', of(0))
  await pages.read('daily', of(150))
  t.same(
    [0, 50, 100, 150].map(offset => pages.held('daily', of(offset)) !== undefined),
    [true, false, true, true]
  )
})

t.test('a read that fails is not kept', async t => {
  const log = logOf(10)
  const pages = new SharedPages(log, 1e6)
  log.answers = false
  await t.rejects(pages.read('daily', { epoch: log.epoch, offset: 0 }))
  log.answers = true
  t.equal((await pages.read('daily', { epoch: log.epoch, offset: 0 })).last, 10)
})
