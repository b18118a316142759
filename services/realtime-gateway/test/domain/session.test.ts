import { type Auth, ProblemError, perChannel, type ServerMessage } from '@tickstock/contracts'
import t from 'tap'
import { ChannelLog } from '../../src/domain/channel-log.ts'
import type { Clock } from '../../src/domain/clock.ts'
import { Following } from '../../src/domain/following.ts'
import type { Identity } from '../../src/domain/identity.ts'
import { LogWait } from '../../src/domain/log-wait.ts'
import type { Observer } from '../../src/domain/observer.ts'
import { Pulse } from '../../src/domain/pulse.ts'
import { Seats } from '../../src/domain/seats.ts'
import { Session } from '../../src/domain/session.ts'
import { Subscribing } from '../../src/domain/subscribing.ts'
import { WebSocketPublisher } from '../../src/domain/websocket-publisher.ts'
import { acknowledgingParts } from './acknowledging-parts.ts'
import { entryOf, unhurried } from './fixtures.ts'
import { SimulatedClient } from './simulated-client.ts'
import { SimulatedLog } from './simulated-log.ts'
import { SimulatedUniverse } from './simulated-universe.ts'

const HEARTBEAT = 1000
const LOOK = 50
const turn = () => new Promise(resolve => setImmediate(resolve))
const anybody = async ({ user = 'anonymous' }: Auth): Promise<Identity> => ({
  user,
  expiresAt: Number.POSITIVE_INFINITY,
  proven: false
})

/** A session whose clock the test holds. */
function setting(
  authenticate: (auth: Auth) => Promise<Identity> = anybody,
  seats = new Seats(1),
  pause: () => Promise<unknown> = turn
) {
  let now = 0
  let time = 1_000_000
  const clock: Clock = { now: () => now, time: () => time }
  const closes: string[] = []
  const failures: unknown[] = []
  const observer: Observer = {
    wrote: () => undefined,
    historyFailed: error => failures.push(error),
    failed: error => failures.push(error),
    closed: reason => closes.push(reason)
  }
  const log = new SimulatedLog(10)
  const logs = perChannel(channel => new ChannelLog(channel, log.head, { entries: 10, bytes: 1e6 }))
  const pulse = new Pulse()
  pulse.beat('daily', now)
  const publisher = new WebSocketPublisher({ logs, history: log, observer, ...unhurried })
  const universe = new SimulatedUniverse()
  const following = new Following({ pause: async () => undefined, failed: error => failures.push(error) })
  const { parts } = acknowledgingParts({ history: log })
  const subscribing = new Subscribing({
    logs,
    publisher,
    history: log,
    pulse,
    universe,
    following,
    logWait: new LogWait({ pulse, now: clock.now, pause, failed: error => failures.push(error) }),
    ...parts
  })
  const client = new SimulatedClient()
  const session = new Session(client, {
    server: 'here',
    heartbeatMs: HEARTBEAT,
    subscribing,
    publisher,
    observer,
    ...clock,
    authenticate,
    welcomed: () => undefined,
    seats
  })
  return {
    client,
    session,
    log,
    logs,
    publisher,
    universe,
    following,
    pulse,
    closes,
    failures,
    /** Whether its user could have no other connection. */
    isSeated: () => {
      const other = { challenge: () => undefined }
      const had = seats.take('me', other)
      if (had) seats.give('me', other)
      return !had
    },
    /** Time goes by, and somebody looks. */
    pass: (ms: number) => {
      for (let left = ms; left > 0; left -= LOOK) {
        now += Math.min(left, LOOK)
        time += Math.min(left, LOOK)
        session.tick()
      }
      session.tick()
    },
    /** Somebody sets the clock on the wall. */
    jump: (ms: number) => {
      time += ms
      session.tick()
    },
    /** The process stands still. */
    stall: (ms: number) => {
      now += ms
      time += ms
      session.tick()
    },
    say: async (...messages: object[]) => {
      session.receive(Buffer.from(JSON.stringify(messages)), false)
      await turn()
    },
    last: (): ServerMessage | undefined => client.messages.at(-1)
  }
}

const subscribe = { type: 'subscribe', id: 's', channel: 'daily', from: 'now' }

t.test('who does not say who he is in time is closed', async t => {
  const { pass, closes, client } = setting()
  pass(4900)
  t.same(closes, [])
  pass(200)
  t.same([closes, client.closedFor], [['auth_timeout'], 'auth_timeout'])
  pass(200)
  t.equal(closes.length, 1, 'once')
})

t.test('messages that come with the auth wait for the welcome', async t => {
  const { say, client } = setting()
  await say({ type: 'auth', user: 'me' }, { type: 'ping', id: '1' }, subscribe)
  t.same(
    client.messages.map(({ type }) => type),
    ['welcome', 'pong', 'subscribed']
  )
  await say({ type: 'auth' })
  t.match(client.messages.at(-1), { type: 'error', code: 'invalid_request' })
})

t.test('a subscribe that is not as it should be is refused by its id, so that nobody waits for its answer', async t => {
  const { say, session, client } = setting()
  await say({ type: 'auth' })
  const wrong = { ...subscribe, filter: { symbols: ['aapl'] } }
  await say(wrong)
  t.match(client.messages.at(-1), {
    type: 'error',
    code: 'invalid_request',
    id: subscribe.id,
    detail: /^subscribe\.filter\.symbols\.0: /
  })
  session.receive(Buffer.from(JSON.stringify({ ...wrong, id: 'alone' })), false)
  t.match(client.messages.at(-1), { type: 'error', code: 'invalid_request', id: 'alone' })
  for (const others of [[wrong, wrong], [{ ...wrong, id: 7 }]]) {
    await say(...others)
    t.match(client.messages.at(-1), { type: 'error', code: 'invalid_request', id: undefined })
  }
})

t.test('the filters of one socket hold no more names than allowed, however they are spread', async t => {
  const { say, pass, last, client } = setting()
  const symbols = (from: string) => Array.from({ length: 1000 }, (_, at) => `${from}${at}`)
  await say({ type: 'auth', user: 'me' })
  for (const from of ['A', 'B', 'C', 'D', 'E', 'F'])
    await say({ ...subscribe, id: from, filter: { symbols: symbols(from) } })
  t.match(last(), { type: 'subscribed', id: 'F' })

  await say({ ...subscribe, id: 'G', filter: { symbols: ['G'] } })
  t.match(last(), { type: 'error', code: 'limit_reached', id: 'G' })
  await say({ ...subscribe, id: 'all' })
  t.match(last(), { type: 'subscribed', id: 'all' }, 'a filter without names costs none')
  await say({ type: 'unsubscribe', id: 'A' }, { ...subscribe, id: 'G', filter: { symbols: ['G'] } })
  t.match(last(), { type: 'subscribed', id: 'G' })
  pass(0)
  t.equal(client.closedFor, undefined)
})

t.test('a socket lives as long as its token', async t => {
  const { say, pass, closes, isSeated } = setting(async () => ({ user: 'me', expiresAt: 1_000_500, proven: true }))
  await say({ type: 'auth', token: 'x' })
  t.equal(isSeated(), true)
  pass(400)
  t.same(closes, [])
  pass(200)
  t.same(closes, ['unauthenticated'])
  t.equal(isSeated(), false)
})

t.test('a user has no more sockets than allowed, and a failed check lets nobody in', async t => {
  const proven = async () => ({ user: 'me', expiresAt: Number.POSITIVE_INFINITY, proven: true })
  const full = setting(proven, new Seats(0))
  await full.say({ type: 'auth', token: 'x' })
  full.pass(10_000)
  t.same(full.closes, ['too_many_connections'])

  const refused = setting(async () => {
    throw new ProblemError('unauthenticated', 'no')
  })
  await refused.say({ type: 'auth', token: 'x' })
  t.match(refused.last(), { type: 'error', code: 'unauthenticated', detail: 'no' })
  t.same(refused.closes, ['unauthenticated'])

  const broken = setting(async () => {
    throw new Error('no key')
  })
  await broken.say({ type: 'auth', token: 'x' })
  t.same([broken.closes, broken.failures.length], [['unauthenticated'], 1])
})

t.test('a token that cannot be checked now is to come again', async t => {
  const { say, last, closes } = setting(async () => {
    throw new ProblemError('not_ready', 'the keys are away')
  })
  await say({ type: 'auth', token: 'x' })
  t.match(last(), { type: 'error', code: 'not_ready', temporary: true })
  t.same(closes, ['overloaded'])
})

t.test('a token that may not read a universe opens no feed by what is in one', async t => {
  const watchlist = '6f1c1d5e-3a53-4d0c-9d2b-0a4a4f1c7e11'
  const enter = async (scopes: readonly string[]) => {
    const { say, last, universe } = setting(async auth => ({ ...(await anybody(auth)), scopes: new Set(scopes) }))
    universe.watchlists.set(watchlist, ['AAPL'])
    await say({ type: 'auth', token: 'x' }, { ...subscribe, filter: { watchlist } })
    const byWatchlist = last()
    await say({ ...subscribe, id: 'all' })
    return [byWatchlist, last()]
  }

  t.match(await enter(['patterns:read']), [
    { type: 'error', code: 'forbidden', id: 's' },
    { type: 'subscribed', id: 'all' }
  ])
  t.match(await enter(['patterns:read', 'universe:read']), [
    { type: 'subscribed', id: 's' },
    { type: 'subscribed', id: 'all' }
  ])
})

t.test('who leaves while he is being checked is not welcomed', async t => {
  for (const authenticate of [
    anybody,
    async () => {
      throw new Error('no')
    }
  ]) {
    const { session, say, client, failures } = setting(authenticate)
    const said = say({ type: 'auth' })
    session.gone()
    await said
    t.same([client.messages, failures], [[], []])
    session.receive(Buffer.from('{"type":"ping"}'), false)
    session.drain(10)
    session.close('draining', '')
    t.same([client.messages, client.closedFor], [[], undefined])
  }
})

t.test('a heartbeat says what was handed over, and how old the pipeline is', async t => {
  const { say, pass, last, publisher, client, pulse } = setting()
  await say({ type: 'auth' }, { ...subscribe, filter: { symbols: ['NVDA'] } })
  pulse.beat('daily', 600)
  publisher.append('daily', [entryOf('e1', 1, { symbol: 'NVDA' }), entryOf('e1', 2), entryOf('e1', 3)])
  publisher.flush()

  pass(HEARTBEAT)

  const beat = last()
  t.match(beat, { type: 'heartbeat', pipeline: { read_age_ms: 300, event_age_ms: 1_000_900 - 1003 } })
  t.match(beat?.type === 'heartbeat' ? Object.values(beat.feeds) : [], [{ epoch: 'e1', offset: 3, last: 1 }])
  t.equal(client.pings, 1)
})

t.test('what waits for a socket is not in its heartbeat, and a full socket gets none', async t => {
  const { say, pass, last, publisher, client } = setting()
  await say({ type: 'auth' }, subscribe)
  publisher.append('daily', [entryOf('e1', 1)])
  pass(HEARTBEAT)
  const beat = last()
  t.match(beat?.type === 'heartbeat' ? Object.values(beat.feeds) : [], [{ offset: 0, last: 0 }])

  const before = client.messages.length
  client.buffered = 100_000
  pass(HEARTBEAT)
  t.equal(client.messages.length, before)
})

t.test('without subscriptions the heartbeat is about all channels', async t => {
  const { say, pass, last } = setting()
  await say({ type: 'auth' })
  pass(HEARTBEAT)
  t.match(last(), { feeds: {}, pipeline: { read_age_ms: 0.9 * HEARTBEAT, event_age_ms: null } })
})

t.test('a peer that gives no sign of life for two heartbeats is cut, one that takes bytes is not', async t => {
  const { say, pass, client, closes } = setting()
  await say({ type: 'auth' })
  client.buffered = 10
  for (let beat = 0; beat < 5; beat++) {
    client.taken += 1
    pass(HEARTBEAT)
  }
  t.same(closes, [])
  client.buffered = 0
  client.taken += 10
  pass(0)
  client.taken += 10
  client.ahead = 10
  pass(2 * HEARTBEAT)
  t.same(closes, [])
  // It has as long as a slow reader needs for 10 bytes.
  pass(10)
  t.same([closes, client.closedFor], [['unresponsive'], 'unresponsive'])
})

t.test('who asks and does not read the answers is cut', async t => {
  const { say, client, closes } = setting()
  await say({ type: 'auth' })
  client.buffered = 1_000_000
  await say({ type: 'ping' })
  t.same(closes, ['overloaded'])
})

t.test('a position that the ring cannot judge is held against the log', async t => {
  const { say, log, client, last } = setting()
  await say({ type: 'auth' })
  const old = { ...subscribe, from: { epoch: 'e0', offset: 3 } }

  log.answers = false
  await say(old)
  await turn()
  t.match(last(), { type: 'error', code: 'log_unavailable', temporary: true, id: 's' })

  log.answers = true
  await say(old, { type: 'unsubscribe', id: 's' })
  await turn()
  t.match(last(), { type: 'unsubscribed', id: 's' })

  await say(old, { ...old, from: 'now' })
  await turn()
  t.same(
    client.messages
      .slice(-3)
      .map(({ type }) => type)
      .sort(),
    ['error', 'gap', 'subscribed'],
    'the gap is sent with the answer, before any heartbeat'
  )
  t.match(
    client.messages.find(({ type }) => type === 'subscribed'),
    { mode: 'resumed' }
  )
})

t.test('while the log is not being read nothing can be subscribed', async t => {
  const { say, pass, last } = setting()
  await say({ type: 'auth' })
  await say({ ...subscribe, channel: 'combo' })
  await turn()
  t.match(last(), { code: 'log_unavailable' })
  for (let at = 0; at < 5; at++) {
    pass(900)
    await say({ type: 'ping' })
  }
  await say(subscribe)
  await turn()
  t.match(last(), { code: 'log_unavailable' })
})

t.test('a subscribe waits for a log that is back within two seconds, unless it is taken back', async t => {
  const { say, pass, last, pulse, client } = setting(anybody, new Seats(1), () => new Promise(() => undefined))
  await say({ type: 'auth' })
  for (let at = 0; at < 5; at++) {
    pass(900)
    await say({ type: 'ping' })
  }
  const before = client.messages.length
  await say(subscribe, { ...subscribe, id: 'other' })
  t.equal(client.messages.length, before)
  await say({ type: 'unsubscribe', id: 'other' })
  pulse.beat('daily', 4_500)
  await turn()
  t.match(
    client.messages.slice(before).map(({ type }) => type),
    ['unsubscribed', 'subscribed']
  )
  t.match(last(), { id: 's' })
})

t.test('after an unsubscribe nothing comes, and one that is not there is refused', async t => {
  const { say, last, publisher, logs } = setting()
  await say({ type: 'auth' }, subscribe)
  await say({ type: 'unsubscribe', id: 's' })
  t.match(last(), { type: 'unsubscribed', id: 's' })
  publisher.append('daily', [entryOf('e1', 1)])
  publisher.flush()
  t.match(last(), { type: 'unsubscribed' })
  t.equal(logs.daily.feeds, 0)
  await say({ type: 'unsubscribe', id: 's' })
  t.match(last(), { type: 'error', code: 'invalid_request', id: 's' })
})

t.test('a subscription follows a watchlist: what matched before was sent, what matches now follows', async t => {
  const { say, last, client, universe, following, publisher, log, logs } = setting()
  const watchlist = '6f1c1d5e-3a53-4d0c-9d2b-0a4a4f1c7e11'
  const bring = (...symbols: string[]) => {
    for (const symbol of symbols) log.append({ symbol })
    publisher.append('daily', log.after(logs.daily.position.offset))
    publisher.flush()
  }
  universe.watchlists.set(watchlist, ['AAPL'])
  await say({ type: 'auth', user: 'me' }, { ...subscribe, filter: { watchlist } })
  t.match(last(), { type: 'subscribed', id: 's' })

  bring('AAPL', 'MSFT')
  universe.watchlists.set(watchlist, ['MSFT'])
  following.take({ user: 'me', id: watchlist })
  await turn()
  bring('AAPL', 'MSFT')

  const seen = client.messages.filter(message => message.type === 'event' || message.type === 'retargeted')
  t.match(seen, [
    { type: 'event', offset: 1 },
    { type: 'retargeted', id: 's', position: { offset: 2 }, last: 1 },
    { type: 'event', offset: 4, previous: 2 }
  ])
  const [first, retargeted, second] = seen
  t.match(retargeted, {
    previous_feed: first?.type === 'event' ? first.feed : '',
    feed: second?.type === 'event' ? second.feed : ''
  })

  universe.watchlists.delete(watchlist)
  following.take({ user: 'me', id: watchlist })
  await turn()
  t.match(last(), { type: 'error', code: 'watchlist_not_found', id: 's', temporary: false })
  t.equal(following.size, 0)
  bring('MSFT')
  t.equal(client.messages.at(-1)?.type, 'error')
})

t.test('what a subscription names is looked up before it begins', async t => {
  const { say, last, client, universe, following } = setting()
  const watchlist = '6f1c1d5e-3a53-4d0c-9d2b-0a4a4f1c7e11'
  await say({ type: 'auth', user: 'me' }, { ...subscribe, filter: { watchlist } })
  t.match(last(), { type: 'error', code: 'watchlist_not_found', id: 's' })

  universe.answers = false
  await say({ ...subscribe, filter: { watchlist } })
  t.match(last(), { type: 'error', code: 'universe_unavailable', temporary: true, id: 's' })

  universe.answers = true
  universe.watchlists.set(watchlist, ['AAPL'])
  const gate = Promise.withResolvers<void>()
  universe.gate = gate.promise
  await say({ ...subscribe, filter: { watchlist } })
  await say({ ...subscribe, filter: {} })
  await say({ type: 'unsubscribe', id: 's' })
  gate.resolve()
  await turn()
  t.match(client.messages.slice(-2), [
    { type: 'error', code: 'invalid_request', id: 's' },
    { type: 'unsubscribed', id: 's' }
  ])
  t.equal(following.size, 0)
})

t.test('a new token keeps a socket, and what is said meanwhile is answered meanwhile', async t => {
  const ends = new Map([
    ['first', 1_001_000],
    ['second', 1_003_000]
  ])
  const gates = new Map([['second', Promise.withResolvers<void>()]])
  const { say, pass, client, last, closes } = setting(async ({ token = '' }) => {
    await gates.get(token)?.promise
    return { user: 'me', expiresAt: ends.get(token) ?? 0, proven: true }
  })
  await say({ type: 'auth', token: 'first' })
  t.match(last(), { type: 'welcome', expires_at: 1_001_000 })
  pass(800)
  await say({ type: 'refresh', token: 'second' }, subscribe, { type: 'ping', id: '1' })
  t.same(
    client.messages
      .slice(1)
      .map(({ type }) => type)
      .sort(),
    ['pong', 'subscribed']
  )
  pass(400)
  t.same(closes, [], 'its check began in time')
  gates.get('second')?.resolve()
  await turn()
  t.match(last(), { type: 'refreshed', expires_at: 1_003_000 })
  pass(1000)
  await say({ type: 'ping' })
  pass(700)
  t.same(closes, [])
  pass(200)
  t.same(closes, ['unauthenticated'])
})

t.test('a refused token changes nothing', async t => {
  const watchlist = '6f1c1d5e-3a53-4d0c-9d2b-0a4a4f1c7e11'
  const { say, pass, last, closes, universe, failures } = setting(async ({ token }) => {
    if (token === 'broken') throw new Error('no key')
    if (token === 'away') throw new ProblemError('not_ready', 'the keys are away')
    if (token === 'bad') throw new ProblemError('unauthenticated', 'no')
    if (token === 'narrow') return { user: 'me', expiresAt: 2e6, proven: true, scopes: new Set(['patterns:read']) }
    return { user: token === 'bobs' ? 'bob' : 'me', expiresAt: 1_900_000, proven: true }
  })
  universe.watchlists.set(watchlist, ['AAPL'])
  await say({ type: 'refresh', token: 'good' })
  t.match(last(), { type: 'error', code: 'unauthenticated' })
  await say({ type: 'auth', token: 'good' }, { ...subscribe, filter: { watchlist } })
  const refresh = async (token: string) => {
    await say({ type: 'refresh', token })
    return last()
  }
  t.match(await refresh('broken'), { type: 'error', code: 'internal_error', temporary: true })
  t.equal(failures.length, 1)
  for (let at = 0; at < 6; at++) t.match(await refresh('away'), { type: 'error', code: 'not_ready', temporary: true })
  t.match(await refresh('bobs'), { type: 'error', code: 'forbidden' })
  t.match(await refresh('narrow'), { type: 'error', code: 'forbidden' }, 'a subscription needs more')
  t.same(closes, [])
  await say({ type: 'unsubscribe', id: 's' })
  t.match(await refresh('narrow'), { type: 'refreshed', expires_at: 2e6 })

  for (let at = 0; at < 6; at++) t.match(await refresh('bad'), { type: 'error', code: 'unauthenticated' })
  t.same(closes, [])
  pass(10)
})

t.test('who errs once in a while is forgiven', async t => {
  const { say, pass, closes } = setting()
  await say({ type: 'auth' })
  for (let at = 0; at < 10; at++) {
    await say({ type: 'unsubscribe', id: 'none' })
    for (let beat = 0; beat < 60; beat++) {
      pass(HEARTBEAT)
      await say({ type: 'ping' })
    }
  }
  t.same(closes, [])
})

t.test('a clock on the wall that is put forward or back cuts nobody but whose token is over', async t => {
  const HOURS = 5 * 3_600_000
  for (const jumps of [
    [HOURS, -HOURS],
    [-HOURS / 60, HOURS],
    [HOURS, HOURS]
  ]) {
    const { say, pass, jump, closes, last, client } = setting()
    await say({ type: 'auth' }, subscribe)
    for (const ms of jumps) {
      jump(ms)
      for (let beat = 0; beat < 4; beat++) {
        await say({ type: 'ping' })
        pass(HEARTBEAT / 2)
      }
    }
    t.same(closes, [])
    t.ok(client.messages.filter(({ type }) => type === 'heartbeat').length >= 3, 'heartbeats go on')
    t.match(last(), { type: 'heartbeat' })
    await say({ ...subscribe, id: 'other', filter: { symbols: ['AAPL'] } })
    t.match(last(), { type: 'subscribed', id: 'other' }, 'the log was read lately, by the other clock')
  }

  const token = setting(async () => ({ user: 'me', expiresAt: 1_000_000 + HOURS, proven: true }))
  await token.say({ type: 'auth', token: 'x' })
  token.jump(HOURS - 1)
  t.same(token.closes, [])
  token.jump(1)
  t.same(token.closes, ['unauthenticated'])

  const opened = setting()
  opened.jump(HOURS)
  t.same(opened.closes, [], 'there is as much time for auth as there was')
})

t.test('a process that stood still cuts nobody for it', async t => {
  const { say, pass, stall, closes } = setting()
  stall(60_000)
  t.same(closes, [], 'who had no chance to be heard has still time for auth')
  await say({ type: 'auth' })
  pass(HEARTBEAT)
  stall(60_000)
  t.same(closes, [])
  pass(2 * HEARTBEAT)
  t.same(closes, ['unresponsive'])
})

t.test('pings and pongs of the WebSocket count as messages, and are signs of life', async t => {
  const { say, session, pass, closes } = setting()
  await say({ type: 'auth' })
  pass(2 * HEARTBEAT)
  t.ok(session.pinged())
  pass(2 * HEARTBEAT)
  session.ponged('')
  pass(2 * HEARTBEAT)
  t.same(closes, [], 'either is heard')

  const answered = Array.from({ length: 60 }, () => session.pinged()).filter(Boolean)
  session.ponged('')
  t.equal(answered.length, 50)
  t.same(closes, ['overloaded'])
})

t.test('a pong that answers a ping of the gateway costs nothing', async t => {
  const { say, session, closes } = setting()
  await say({ type: 'auth' })
  for (let at = 0; at < 1_000; at++) session.ponged('asked for')
  t.same(closes, [])
})

t.test('who does not read is not sent an answer to every ping besides', async t => {
  const { say, session, client, closes } = setting()
  await say({ type: 'auth' })
  client.buffered = 100_000
  t.notOk(session.pinged())
  client.buffered = 0
  t.ok(session.pinged())
  t.same(closes, [])
})

t.test('a token that is not checked in time is to come again', async t => {
  const { say, pass, closes } = setting(() => new Promise(() => undefined))
  await say({ type: 'auth', token: 'x' })
  pass(9_900)
  t.same(closes, [])
  pass(200)
  t.same(closes, ['overloaded'])
})

t.test('who sends much before he is known is cut', async t => {
  const { session, closes, say } = setting(() => new Promise(() => undefined))
  await say({ type: 'auth', token: 'x' })
  const ping = Buffer.from(JSON.stringify({ type: 'ping', id: '1', more: 'x'.repeat(60_000) }))
  for (let at = 0; at < 6; at++) session.receive(ping, false)
  t.same(closes, ['overloaded'])
})

t.test('credits go to subscriptions that count them', async t => {
  const { say, last } = setting()
  await say({ type: 'auth' }, { ...subscribe, credits: 1 })
  await say({ type: 'pull', id: 's', credits: 1 }, { type: 'pull', credits: 1 })
  t.match(last(), { type: 'subscribed' })
  await say({ type: 'pull', id: 'none', credits: 1 })
  t.match(last(), { type: 'error', code: 'invalid_request', id: 'none' })
})

t.test('a half-open connection gives its seat to a new one of its user, a live one keeps it', async t => {
  for (const isLive of [false, true]) {
    const seats = new Seats(1)
    const authenticate = async () => ({ user: 'me', expiresAt: Number.POSITIVE_INFINITY, proven: true })
    const [before, after] = [setting(authenticate, seats), setting(authenticate, seats)]
    await before.say({ type: 'auth', token: 'x' })
    t.equal(before.client.pings, 0)

    await after.say({ type: 'auth', token: 'x' }, subscribe)
    t.equal(before.client.pings, 1, 'it is asked whether it lives')
    t.same(after.client.messages, [], 'the new one waits')
    if (isLive) before.session.ponged('')
    before.pass(1_600)
    after.pass(1_600)
    t.equal(before.client.closedFor, isLive ? undefined : 'unresponsive')
    await turn()
    const types = after.client.messages.map(({ type }) => type).filter(type => type !== 'heartbeat')
    t.same(types, isLive ? [] : ['welcome', 'subscribed'], 'what it said waited too')
    after.session.ponged('')
    after.pass(1_600)
    t.equal(after.client.closedFor, isLive ? 'too_many_connections' : undefined)
  }
})

t.test('a backlog keeps a connection from being taken for half-open', async t => {
  const seats = new Seats(1)
  const authenticate = async () => ({ user: 'me', expiresAt: Number.POSITIVE_INFINITY, proven: true })
  const [before, after] = [setting(authenticate, seats), setting(authenticate, seats)]
  await before.say({ type: 'auth', token: 'x' })
  before.client.buffered = 1
  await after.say({ type: 'auth', token: 'x' })
  before.pass(1_600)
  t.equal(before.client.closedFor, undefined)
})

t.test('a connection without a seat gives none back', async t => {
  const { say, session, isSeated } = setting()
  await say({ type: 'auth', user: 'me' })
  session.gone()
  t.equal(isSeated(), false)
})
