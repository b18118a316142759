import t from 'tap'
import { ChannelLog } from '../../src/domain/channel-log.ts'
import { Subscriber, Subscription } from '../../src/domain/subscription.ts'
import { entryOf, feedOf } from './fixtures.ts'
import { SimulatedClient } from './simulated-client.ts'

const logOf = (entries = 10) => new ChannelLog('daily', { epoch: 'e', offset: 0 }, { entries, bytes: 1e9 })

const WHOLE = { bytes: 1e9, events: 1e9 }

t.test('an event is shown to the feeds of its symbol and to those of any symbol, once', async t => {
  const log = logOf()
  const all = feedOf(log)
  const nvda = feedOf(log, { symbols: ['NVDA', 'AMD'] })
  feedOf(log, { symbols: ['MSFT'] })

  const matched = log.append([entryOf('e', 1, { symbol: 'NVDA' }), entryOf('e', 2, { symbol: 'AAPL' })])

  t.same([...matched].map(({ id }) => id).toSorted(), [all.id, nvda.id].toSorted())
  t.match(nvda.chunkAfter(0, 0, WHOLE), { messages: 1, last: 1, more: false })
  t.match(all.chunkAfter(0, 0, WHOLE), { messages: 2, last: 2, more: false })
})

t.test('those who stand at the same place share one frame', async t => {
  const log = logOf()
  const feed = feedOf(log)
  log.append([entryOf('e', 1)])
  t.equal(feed.chunkAfter(0, 0, WHOLE), feed.chunkAfter(0, 0, WHOLE))
  log.append([entryOf('e', 2)])
  t.match(feed.chunkAfter(0, 0, WHOLE), { messages: 2 })
})

t.test('a quiet feed stays in memory, however far the ring has gone', async t => {
  const log = logOf(3)
  const feed = feedOf(log, { symbols: ['NVDA'] })
  log.append([entryOf('e', 1, { symbol: 'NVDA' })])
  for (let offset = 2; offset < 20; offset++) log.append([entryOf('e', offset)])
  t.ok(feed.reaches(1))
  t.notOk(feed.reaches(0))
})

t.test('a large backlog comes in writes of bounded size', async t => {
  const log = logOf(2000)
  const feed = feedOf(log)
  for (let offset = 1; offset <= 2000; offset++) log.append([entryOf('e', offset)])
  let chunks = 0
  for (let at = 0, more = true; more; chunks++) {
    const chunk = feed.chunkAfter(at, at, { bytes: 64 * 1024, events: 1e9 })
    t.ok(chunk.frame.length < 70_000)
    at = chunk.last
    more = chunk.more
  }
  t.ok(chunks > 5)
})

t.test('a filter that nobody has any more is forgotten', async t => {
  const log = logOf()
  const feed = feedOf(log, { symbols: ['NVDA'] })
  t.equal(log.feeds, 1)
  log.forget(feed)
  t.equal(log.feeds, 0)
  t.same([...log.append([entryOf('e', 1, { symbol: 'NVDA' })])], [])
})

t.test('no subscription of a socket starves the others', async t => {
  const log = logOf()
  const subscriber = new Subscriber(new SimulatedClient())
  for (const id of ['a', 'b', 'c'])
    subscriber.subscriptions.set(
      id,
      new Subscription({ subscriber, id, feed: feedOf(log), log, from: log.position, replay: false }, 1)
    )
  const firsts = [1, 2, 3].map(() => [...subscriber.inTurn()][0]?.id)
  t.same(firsts.toSorted(), ['a', 'b', 'c'])
})
