import { type Pattern, type Position, PROBLEMS, ProblemError, type Subscribe } from '@tickstock/contracts'
import t from 'tap'
import { heartbeatOf } from '../../src/domain/heartbeat.ts'
import type { SnapshotPage } from '../../src/domain/snapshots.ts'
import { eventOf } from './fixtures.ts'
import { SimulatedLog } from './simulated-log.ts'
import { subscribingSetting as setting, turn } from './subscribing-setting.ts'

const patternsOf = (count: number, first = 1): Pattern[] =>
  Array.from({ length: count }, (_, at) => {
    const event = eventOf(first + at)
    if (event.kind === 'pattern_expired') throw new Error('a pattern that lives')
    return { ...event.pattern, extra: { text: 'x'.repeat(900) } }
  })

/** Pages of a hundred. */
const pagesOf = (total: number, position: Position): SnapshotPage[] =>
  Array.from({ length: Math.max(1, Math.ceil(total / 100)) }, (_, at) => ({
    position,
    patterns: patternsOf(Math.min(100, total - at * 100), at * 100 + 1),
    remaining: Math.max(0, total - (at + 1) * 100)
  }))

const snapshot: Subscribe = { type: 'subscribe', id: 's', channel: 'daily', from: 'snapshot' }

t.test('a subscription that begins with a snapshot is sent what lives, then everything after it', async t => {
  const { log, snapshots, subscribing, socket, append, settle } = setting()
  append(5)
  const { epoch } = log.head
  snapshots.answers = pagesOf(250, { epoch, offset: 3 })
  const { client, asker } = socket()

  t.equal(await subscribing.begin(asker, snapshot), true)
  await settle()
  append(1)

  const [subscribed, ...rest] = client.messages
  t.match(subscribed, { type: 'subscribed', id: 's', mode: 'snapshot', position: { epoch, offset: 3 }, top: 5 })
  const parts = rest.filter(message => message.type === 'snapshot')
  const ids = parts.flatMap(({ patterns }) => patterns.map(({ id }) => id))
  t.same(
    ids,
    patternsOf(250).map(({ id }) => id)
  )
  t.same(
    parts.map(({ remaining }) => remaining === 0),
    parts.map((_, at) => at === parts.length - 1),
    'the last one alone says that nothing remains'
  )
  t.ok(client.largestWrite <= 64 * 1024, `${client.largestWrite} bytes`)
  const after = rest.slice(parts.length)
  t.match(after, [
    { type: 'event', offset: 4, previous: 3 },
    { type: 'event', offset: 5 },
    { type: 'caught_up', position: { offset: 5 } },
    { type: 'event', offset: 6 }
  ])
})

t.test('where nothing lives the snapshot is one message', async t => {
  const { log, snapshots, subscribing, socket, settle } = setting()
  snapshots.answers = [
    { position: log.head, patterns: [], remaining: 7 },
    { position: log.head, patterns: [], remaining: 0 }
  ]
  const { asker, client, types } = socket()
  await subscribing.begin(asker, snapshot)
  await settle()
  t.same(types(), ['subscribed', 'snapshot', 'caught_up'])
  t.match(client.messages[1], { patterns: [], remaining: 0 })
})

t.test(
  'twenty thousand patterns for a client that does not read cost one frame, and are fetched as it reads',
  async t => {
    const { log, snapshots, subscribing, socket, settle } = setting()
    snapshots.answers = pagesOf(20_000, log.head)
    const { client, asker } = socket()
    client.slow = true

    const begun = subscribing.begin(asker, snapshot)
    await settle()
    t.equal(snapshots.asked, 1)
    t.ok(client.buffered < 40 * 1024, `${client.buffered} bytes`)

    let most = 0
    for (let reads = 0; snapshots.asked < 10; reads++) {
      client.takeAll()
      await settle(3)
      most = Math.max(most, client.buffered)
      if (reads > 100) throw new Error('it does not go on')
    }
    t.ok(most < 40 * 1024, `${most} bytes`)
    client.slow = false
    client.takeAll()
    t.equal(await begun, true)
    const parts = client.messages.filter(message => message.type === 'snapshot')
    t.equal(
      parts.reduce((sum, { patterns }) => sum + patterns.length, 0),
      20_000
    )
  }
)

t.test('a socket that goes, or unsubscribes, ends its snapshot', async t => {
  for (const leave of ['socket', 'subscription'] as const) {
    const { log, snapshots, subscribing, socket, settle, delivery } = setting()
    snapshots.answers = pagesOf(1000, log.head)
    const { client, asker } = socket()
    client.slow = true
    const begun = subscribing.begin(asker, snapshot)
    await settle()
    t.equal(delivery.underWay, 1)

    if (leave === 'socket') subscribing.leave(asker.subscriber)
    else t.equal(subscribing.end(asker.subscriber, 's'), true)
    t.equal(await begun, true, 'nobody is told an error')
    await settle()
    t.equal(snapshots.asked, 1)
    t.equal(snapshots.aborted, 1)
    t.equal(delivery.underWay, 0)
    t.equal(asker.subscriber.subscriptions.size, 0)
    client.takeAll()
    t.equal(client.messages.filter(({ type }) => type === 'snapshot').length, 1)
  }
})

t.test(
  'a snapshot that fails in the midst is a temporary error, nothing is subscribed, and it may be asked for again',
  async t => {
    const { log, snapshots, subscribing, socket, settle, failures } = setting()
    const [first, ...others] = pagesOf(300, log.head)
    if (!first) throw new Error('a page')
    const { asker, types } = socket()
    for (const answers of [
      [],
      [first, new ProblemError('patterns_unavailable', 'away')],
      [first, new Error('broken')],
      [first]
    ]) {
      snapshots.answers = answers
      await t.rejects(subscribing.begin(asker, snapshot), { code: 'patterns_unavailable' })
      t.equal(asker.subscriber.subscriptions.size, 0)
    }
    t.ok(PROBLEMS.patterns_unavailable.temporary)
    t.match(failures, [{ message: 'broken' }], 'what is not expected is told')

    snapshots.answers = [first, ...others]
    t.equal(await subscribing.begin(asker, snapshot), true)
    await settle()
    t.equal(types().at(-1), 'caught_up')
  }
)

t.test('a snapshot that is not read in time gives its place to others', async t => {
  const { log, snapshots, subscribing, socket, delivery } = setting({
    patience: async () => turn().then(() => undefined)
  })
  snapshots.answers = pagesOf(300, log.head)
  const { client, asker } = socket()
  client.slow = true
  await t.rejects(subscribing.begin(asker, snapshot), { code: 'patterns_unavailable', message: /in time/ })
  t.equal(delivery.underWay, 0)
})

t.test(
  'a watchlist that is edited during a snapshot takes hold after it: the snapshot is of one selection',
  async t => {
    const { log, snapshots, universe, following, subscribing, socket, append, settle } = setting()
    universe.watchlists.set('w', ['AAPL'])
    append(2)
    snapshots.answers = pagesOf(200, log.head)
    const { client, asker, types } = socket()
    client.slow = true
    const begun = subscribing.begin(asker, { ...snapshot, filter: { watchlist: 'w' } })
    await settle()

    universe.watchlists.set('w', ['NVDA'])
    following.take({ user: 'alice', id: 'w' })
    append(1, 'AAPL')
    client.slow = false
    client.takeAll()
    await begun
    await settle()
    append(1, 'AAPL')
    append(1, 'NVDA')

    t.same(snapshots.symbols, [['AAPL']])
    const events = client.messages.flatMap(message => (message.type === 'event' ? [message.offset] : []))
    t.same(types().slice(-1), ['event'])
    t.ok(types().lastIndexOf('snapshot') < types().indexOf('retargeted'))
    t.equal(events.at(-1), 5, 'what matches now')
    t.notOk(events.includes(4), 'and nothing that matched before the edit alone')
  }
)

t.test('a watchlist that is deleted during a snapshot ends it', async t => {
  const { log, snapshots, universe, following, subscribing, socket, settle } = setting()
  universe.watchlists.set('w', ['AAPL'])
  snapshots.answers = pagesOf(200, log.head)
  const { client, asker, lost } = socket()
  client.slow = true
  const begun = subscribing.begin(asker, { ...snapshot, filter: { watchlist: 'w' } })
  await settle()
  universe.watchlists.delete('w')
  following.take({ user: 'alice', id: 'w' })
  client.slow = false
  client.takeAll()
  await begun
  await settle()
  t.same(lost, ['s watchlist_not_found'])
  t.equal(asker.subscriber.subscriptions.size, 0)
})

t.test('snapshots of one socket go side by side, a frame at a time', async t => {
  const { log, snapshots, subscribing, socket, settle, delivery } = setting()
  snapshots.answers = pagesOf(200, log.head)
  const { client, asker, types } = socket()
  client.slow = true
  const ids = ['AAPL', 'MSFT', 'NVDA', 'IBM', 'ORCL']
  const all = ids.map(id => subscribing.begin(asker, { ...snapshot, id, filter: { symbols: [id] } }))
  await settle()
  t.equal(types().filter(type => type === 'subscribed').length, 4, 'of five')
  t.ok(client.buffered < 40 * 1024, `${client.buffered} bytes`)
  client.slow = false
  client.takeAll()
  t.same(await Promise.all(all), [true, true, true, true, true])
  t.equal(delivery.underWay, 0)
})

t.test('where a user left off is refused for now while nobody knows it', async t => {
  const { positions, subscribing, socket, settle } = setting()
  positions.failure = new Error('away')
  const { asker, client } = socket()
  const message: Subscribe = { type: 'subscribe', id: 's', channel: 'daily', name: 'page', from: 'acknowledged' }
  await t.rejects(subscribing.begin(asker, message), { code: 'log_unavailable' })
  positions.failure = undefined
  t.equal(await subscribing.begin(asker, message), true)
  await settle()
  t.match(client.messages, [{ type: 'subscribed', mode: 'live' }])
})

t.test('what only the log has is replayed at once, though nothing new is appended', async t => {
  const log = new SimulatedLog(100)
  for (let count = 0; count < 5; count++) log.append({})
  const { subscribing, socket, settle } = setting({ log })
  const { asker, types } = socket()

  const from = { ...log.head, offset: 2 }
  await subscribing.begin(asker, { type: 'subscribe', id: 's', channel: 'daily', from })
  await settle()

  t.same(types(), ['subscribed', 'event', 'event', 'event', 'caught_up'])
})

t.test('whoever left off in an epoch that is over is told the gap', async t => {
  const { log, publisher, subscribing, socket, append, settle } = setting()
  append(5)
  const left = log.head
  const first = socket()
  const message: Subscribe = { type: 'subscribe', id: 's', channel: 'daily', name: 'page', from: 'acknowledged' }
  await subscribing.begin(first.asker, message)
  await subscribing.acknowledge(first.asker, { type: 'ack', positions: { s: left } })
  await settle()
  subscribing.leave(first.asker.subscriber)
  log.flush()
  publisher.restart('daily', { epoch: log.epoch, offset: 0 })
  append(2)

  const { asker, client } = socket()
  await subscribing.begin(asker, message)
  await settle()
  t.match(client.messages, [
    { type: 'subscribed', mode: 'resumed', position: left },
    { type: 'gap', reason: 'stream_reset', have: left, next: { epoch: log.epoch, offset: 0 } },
    { type: 'event', offset: 1 },
    { type: 'event', offset: 2 },
    { type: 'caught_up' }
  ])
})

t.test(
  'a position may be acknowledged that was only considered, over a retarget, and after the end up to where it had come',
  async t => {
    const { log, logs, universe, following, subscribing, socket, append, settle, settled, book } = setting()
    universe.watchlists.set('w', ['NVDA'])
    const { asker, client } = socket()
    const filter = { watchlist: 'w' }
    const message: Subscribe = { type: 'subscribe', id: 's', channel: 'daily', name: 'page', from: 'now', filter }
    await subscribing.begin(asker, message)
    const { epoch } = log.head
    const acknowledge = async (offset: number, its = epoch) => {
      await subscribing.acknowledge(asker, { type: 'ack', positions: { s: { epoch: its, offset } } })
      await settle(5)
    }

    append(3, 'AAPL')
    await settle(2)
    t.equal(asker.subscriber.subscriptions.get('s')?.state.offset, 3, 'what a heartbeat says')
    await acknowledge(3)
    t.equal(settled.kept, 1)

    append(1, 'NVDA')
    universe.watchlists.set('w', ['NVDA', 'AAPL'])
    following.take({ user: 'alice', id: 'w' })
    await settle(5)
    append(1, 'AAPL')
    t.same(client.messages.map(({ type }) => type).slice(-2), ['retargeted', 'event'])
    t.equal(book.totals.inFlight, 2, 'the ledger goes on over a retarget')
    await acknowledge(4)
    t.match(book.totals, { sent: 2, acknowledged: 1, inFlight: 1 })
    await t.rejects(acknowledge(6), { code: 'invalid_request' })
    await acknowledge(1, 'over')
    t.match(settled, { kept: 2, outdated: 1 })

    subscribing.end(asker.subscriber, 's')
    t.match(book.totals, { returned: 1, inFlight: 0 })
    await acknowledge(5)
    t.equal(settled.kept, 3)
    await t.rejects(acknowledge(6), { code: 'invalid_request' })
    t.equal(logs.daily.position.offset, 5)

    for (let at = 0; at < 33; at++) {
      const id = `id-${at}`
      await subscribing.begin(asker, { ...message, id, name: id })
      subscribing.end(asker.subscriber, id)
    }
    await t.rejects(acknowledge(5), { code: 'invalid_request' }, 'not for ever')
  }
)

t.test(
  'what another socket has handed over may be acknowledged on its successor, and counts as far as that has come',
  async t => {
    const { log, subscribing, socket, append, settle, positions, settled, book } = setting()
    const from = log.head
    append(10)
    const message: Subscribe = { type: 'subscribe', id: 's', channel: 'daily', name: 'page', from, credits: 4 }
    const { asker } = socket()
    await subscribing.begin(asker, message)
    await settle(3)
    const acknowledge = (offset: number) =>
      subscribing.acknowledge(asker, { type: 'ack', positions: { s: { ...from, offset } } })
    const kept = () => positions.kept.get('alice default page daily')?.position.offset

    await t.rejects(acknowledge(11), { code: 'invalid_request' }, 'beyond the end of the log')
    await acknowledge(7)
    await settle(3)
    t.equal(kept(), 4, 'as far as the replay has come')
    subscribing.pull(asker.subscriber, 's', 2)
    await settle()
    t.equal(kept(), 6)
    subscribing.pull(asker.subscriber, 's', 10)
    await settle()
    t.equal(kept(), 7)
    t.match(book.totals, { sent: 10, acknowledged: 6, inFlight: 4 }, 'a write counts when all of it is acknowledged')
    t.equal(settled.kept, 3)
    await acknowledge(10)
    t.match(book.totals, { acknowledged: 10, inFlight: 0 })

    append(1)
    await t.rejects(acknowledge(12), { code: 'invalid_request' }, 'a live one is refused')
  }
)

t.test('a gap ends what was acknowledged ahead of a replay', async t => {
  const { log, publisher, subscribing, socket, append, settle, positions } = setting()
  const from = log.head
  append(10)
  const { asker } = socket()
  await subscribing.begin(asker, { type: 'subscribe', id: 's', channel: 'daily', name: 'page', from, credits: 1 })
  await settle(3)
  await subscribing.acknowledge(asker, { type: 'ack', positions: { s: { ...from, offset: 9 } } })
  log.flush()
  publisher.restart('daily', { epoch: log.epoch, offset: 0 })
  append(20)
  subscribing.pull(asker.subscriber, 's', 100)
  await settle()
  t.same(
    [...positions.kept.values()].map(({ position }) => position),
    [{ ...from, offset: 1 }],
    'as far as the replay had come'
  )
})

t.test('who takes the id of an ended subscription acknowledges nothing under its name', async t => {
  const { subscribing, socket, append, settle, positions } = setting()
  const { asker } = socket()
  const message = { type: 'subscribe', id: 's', channel: 'daily', from: 'now' } as const
  await subscribing.begin(asker, { ...message, name: 'page' })
  append(5)
  subscribing.end(asker.subscriber, 's')
  await subscribing.begin(asker, message)
  const ack = { type: 'ack', positions: { s: { epoch: 'e1', offset: 3 } } } as const
  await t.rejects(subscribing.acknowledge(asker, ack), { code: 'invalid_request' })
  await settle()
  t.equal(positions.kept.size, 0)
})

t.test('now is the end of the log, also for a gateway that has not read it yet', async t => {
  const { log, publisher, subscribing, socket, settle } = setting()
  for (let at = 0; at < 8; at++) log.append({})
  const { asker, client, types } = socket()
  await subscribing.begin(asker, { type: 'subscribe', id: 's', channel: 'daily', from: 'now' })
  t.match(client.messages, [{ type: 'subscribed', mode: 'live', position: log.head, top: 8 }])

  publisher.append('daily', log.after(0).slice(0, 5))
  await settle(3)
  log.append({})
  publisher.append('daily', log.after(5))
  await settle(3)
  t.same(types(), ['subscribed', 'event'])
  t.match(client.messages[1], { offset: 9, previous: 8 })
})

t.test('a position that the log does not have is answered with its gap, and no heartbeat repeats it', async t => {
  const { log, subscribing, socket, append } = setting()
  append(5)
  const { epoch } = log.head
  const { asker, client } = socket()
  const from = { epoch, offset: 900 }
  await subscribing.begin(asker, { type: 'subscribe', id: 's', channel: 'daily', from })
  const clock = { now: () => 0, time: () => 0 }
  asker.reply(heartbeatOf(asker.subscriber, subscribing, clock))
  t.match(client.messages, [
    { type: 'subscribed', position: from, top: 5 },
    { type: 'gap', reason: 'ahead', have: from, last: 900, next: { epoch, offset: 5 } },
    { type: 'heartbeat' }
  ])
  const beat = client.messages[2]
  t.same(beat?.type === 'heartbeat' && Object.values(beat.feeds), [{ epoch, offset: 5, last: 5, top: 5 }])
})

t.test('credits that come before the subscription has begun count', async t => {
  const { snapshots, log, subscribing, socket, append, settle } = setting()
  snapshots.answers = pagesOf(0, log.head)
  append(3)
  const { asker, client } = socket()
  const begun = subscribing.begin(asker, { ...snapshot, credits: 0 })
  t.equal(subscribing.pull(asker.subscriber, undefined, 1), true)
  t.equal(subscribing.pull(asker.subscriber, 's', 1), true)
  t.equal(subscribing.pull(asker.subscriber, 'other', 1), false)
  await begun
  await settle()
  t.equal(client.messages.filter(({ type }) => type === 'event').length, 2)
})

t.test('a position ahead of a replay is stored as the replay comes to it, though nothing there matches', async t => {
  const { log, subscribing, socket, append, settle, positions } = setting()
  const from = log.head
  append(3, 'MSFT')
  append(9, 'AAPL')
  const { asker, client } = socket()
  const filter = { symbols: ['MSFT'] }
  const message: Subscribe = { type: 'subscribe', id: 's', channel: 'daily', name: 'page', from, filter, credits: 2 }
  await subscribing.begin(asker, message)
  await settle(3)
  await subscribing.acknowledge(asker, { type: 'ack', positions: { s: { ...from, offset: 11 } } })
  await settle()
  const told = () => client.messages.flatMap(one => (one.type === 'acknowledged' ? [one.positions['s']?.offset] : []))
  t.same(told(), [2], 'as far as the replay has come')
  subscribing.pull(asker.subscriber, 's', 1)
  await settle()
  t.equal(told().at(-1), 11)
  t.equal(positions.kept.get('alice default page daily')?.position.offset, 11)
})

t.test('an edit that cannot be read is an error once, and is followed as soon as it can be read', async t => {
  const { universe, following, subscribing, socket, append, settle } = setting()
  universe.watchlists.set('w', ['AAPL'])
  const { client, asker, lost, types } = socket()
  await subscribing.begin(asker, {
    type: 'subscribe',
    id: 's',
    channel: 'daily',
    from: 'now',
    filter: { watchlist: 'w' }
  })
  universe.watchlists.set('w', ['NVDA'])
  universe.answers = false
  following.take({ user: 'alice', id: 'w' })

  await settle()
  append(1, 'AAPL')

  t.same(lost, ['s universe_unavailable'])
  t.same(types(), ['subscribed', 'event'])

  universe.answers = true
  await settle()
  append(1, 'AAPL')
  append(1, 'NVDA')

  t.same(lost.length, 1)
  t.same(types(), ['subscribed', 'event', 'retargeted', 'event'])
  t.match(client.messages.at(-1), { event: { pattern: { symbol: 'NVDA' } } })
})
