import type { Position, ServerMessage } from '@tickstock/contracts'
import t from 'tap'
import type { LiveStatus } from '../../src/live-status.ts'
import type { SessionEffect } from '../../src/session/effect.ts'
import type { SubscriptionRequest } from '../../src/session/input.ts'
import { Session, type SessionOptions } from '../../src/session/session.ts'
import { countersFromZero } from '../../src/session/session-counters.ts'
import { detected } from './model-log.ts'

const at = (offset: number, epoch = 'e'): Position => ({ epoch, offset })
const WINDOW = 100
const pipeline = { read_age_ms: 0, event_age_ms: null }

/** A session that is welcomed and has its feed, and whose server is the test itself. */
function given({ name, from = at(0), ...options }: Partial<SessionOptions & SubscriptionRequest> = {}) {
  const session = new Session({
    random: () => 0,
    answerWithinMs: 5000,
    renewable: true,
    window: WINDOW,
    counters: countersFromZero(),
    backOff: { firstMs: 100, longestMs: 1000 },
    ...options
  })
  let now = 0
  let status: LiveStatus | undefined
  const step = (input: Parameters<Session['step']>[0]) => {
    const effects = session.step(input, now)
    for (const effect of effects) if (effect.type === 'status') status = effect.status
    return effects.filter(({ type }) => type !== 'status')
  }
  const hears = (...messages: ServerMessage[]) => step({ type: 'frame', socket: 1, text: JSON.stringify(messages) })
  const welcome = (more: { time?: number; expires_at?: number } = {}) => {
    step({ type: 'subscribe', request: { id: 's', channel: 'daily', from, name } })
    step({ type: 'opened', socket: 1 })
    return hears({ type: 'welcome', user: 'u', server: 's', time: 0, heartbeat_ms: 1000, ...more })
  }
  const begin = (more: Partial<Extract<ServerMessage, { type: 'subscribed' }>> = {}) => {
    const { position = at(0), top = position.offset } = more
    return hears({ type: 'subscribed', id: 's', feed: 'f', channel: 'daily', mode: 'live', ...more, position, top })
  }
  const beats = (offset: number, { top = offset, last = offset, read_age_ms = 0 } = {}) =>
    hears({
      type: 'heartbeat',
      time: now,
      feeds: { f: { epoch: 'e', offset, last, top } },
      pipeline: { ...pipeline, read_age_ms }
    })
  const applies = (offset: number, events = 1) => step({ type: 'applied', id: 's', events, position: at(offset) })
  const passes = (ms: number) => {
    now += ms
    return step({ type: 'tick' })
  }
  return { session, step, hears, welcome, begin, beats, applies, passes, status: () => status }
}

const event = (offset: number): ServerMessage => ({
  type: 'event',
  feed: 'f',
  epoch: 'e',
  offset,
  previous: offset - 1,
  at: 0,
  event: detected('A', offset)
})
const events = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => event(from + index))
const sent = (effects: readonly SessionEffect[]) =>
  effects.flatMap(effect => (effect.type === 'send' ? [effect.message] : []))

t.test('what was applied is acknowledged: at once after a pause, then together', async t => {
  const { welcome, begin, hears, applies, passes } = given({ name: 'n' })
  t.match(sent(welcome()), [{ type: 'subscribe', name: 'n' }])
  t.match(sent(begin()), [{ type: 'ack', positions: { s: at(0) } }])
  passes(250)
  t.same(sent(hears(...events(1, 5))), [], 'what was only received is not')

  t.same(sent(applies(2)), [{ type: 'ack', positions: { s: at(2) } }])
  t.same(sent([...applies(3), ...applies(4)]), [])
  t.same(sent(passes(250)), [{ type: 'ack', positions: { s: at(4) } }])
  t.same(sent(passes(250)), [])
})

t.test('what was not confirmed is acknowledged again on the next socket', async t => {
  const { step, welcome, begin, hears, applies, passes } = given({ name: 'n' })
  welcome()
  begin()
  hears(...events(1, 3))
  applies(3)
  t.same(sent(passes(250)), [{ type: 'ack', positions: { s: at(3) } }])

  step({ type: 'closed', socket: 1, code: 1006, reason: '' })
  passes(100)
  step({ type: 'opened', socket: 2 })
  const on2 = (message: ServerMessage) => step({ type: 'frame', socket: 2, text: JSON.stringify(message) })
  on2({ type: 'welcome', user: 'u', server: 's', time: 0, heartbeat_ms: 1000 })
  passes(250)
  const again = on2({
    type: 'subscribed',
    id: 's~2',
    feed: 'f',
    channel: 'daily',
    mode: 'resumed',
    position: at(3),
    top: 3
  })
  t.match(sent(again), [{ type: 'ack', positions: { 's~2': at(3) } }])
})

t.test('what is owed is acknowledged before it ends', async t => {
  for (const last of [{ type: 'close' }, { type: 'unsubscribe', id: 's' }] as const) {
    const { step, welcome, begin, hears, applies } = given({ name: 'n' })
    welcome()
    begin()
    hears(...events(1, 3))
    applies(2)
    applies(3)

    t.match(step(last), [
      { type: 'send', message: { type: 'ack', positions: { s: at(3) } } },
      ...(last.type === 'close' ? [] : [{ message: { type: 'unsubscribe' } }]),
      { type: 'hang_up' },
      { type: 'state' }
    ])
  }
})

t.test('nothing is acknowledged of an epoch that is over', async t => {
  const { welcome, begin, hears, applies, passes } = given({ name: 'n' })
  welcome()
  begin()
  hears(event(1), {
    type: 'gap',
    feed: 'f',
    reason: 'stream_reset',
    have: at(1),
    last: 1,
    next: at(0, 'new'),
    action: 'rescan'
  })
  t.same(sent(applies(1)), [])
  t.same(sent(passes(250)), [])
})

t.test('a server may send as many as are free, and more when half of them are applied', async t => {
  const { welcome, begin, hears, applies, passes, status } = given()
  t.match(sent(welcome()), [{ type: 'subscribe', credits: WINDOW }])
  begin()
  hears(...events(1, WINDOW))
  t.equal(status()?.state, 'delayed', 'the application does not keep up')

  t.same(sent(applies(10, WINDOW / 2 - 1)), [])
  t.same(sent(applies(11, 1)), [{ type: 'pull', id: 's', credits: WINDOW / 2 }])
  t.equal(status()?.state, 'live')
  t.same(sent(applies(12, WINDOW / 2)), [], 'not as often as it could')
  t.same(sent(passes(50)), [{ type: 'pull', id: 's', credits: WINDOW / 2 }])
})

t.test('a server that stays behind has no credits, whatever was counted', async t => {
  const { welcome, begin, beats } = given()
  welcome()
  begin()
  const behind = () => sent(beats(0, { top: 9 }))
  t.same([...behind(), ...behind()], [])
  t.same(behind(), [{ type: 'pull', id: 's', credits: WINDOW }])
  t.same([...behind(), ...behind()], [], 'once')
})

t.test('a snapshot is told page by page, and its subscription resumes from there', async t => {
  const { session, welcome, begin, hears, beats } = given({ from: 'snapshot' })
  t.match(sent(welcome()), [{ type: 'subscribe', from: 'snapshot' }])
  const page = (remaining: number): ServerMessage => ({
    type: 'snapshot',
    id: 's',
    feed: 'f',
    position: at(4),
    patterns: [],
    remaining
  })
  t.same(begin({ mode: 'snapshot', position: at(4), top: 6 }), [])
  t.match(hears(page(3)), [{ type: 'snapshot', begins: true, remaining: 3, position: at(4) }])
  t.same(hears({ type: 'heartbeat', time: 0, feeds: {}, pipeline }), [], 'its feed has not begun')
  t.match(hears(page(0)), [{ type: 'snapshot', begins: false, remaining: 0 }])
  t.same(hears(page(0)), [])
  t.match(hears(event(5)), [{ type: 'deliver', position: at(5) }])
  t.match(sent(beats(9)), [{ type: 'unsubscribe' }, { type: 'subscribe', id: 's~2', from: at(5) }])
  t.equal(session.counters.recoveries, 1)
})

t.test('a snapshot that breaks off begins anew, and one that cannot be had is asked for again', async t => {
  const { step, welcome, begin, hears, passes } = given({ from: 'snapshot' })
  welcome()
  begin({ mode: 'snapshot' })
  hears({ type: 'snapshot', id: 's', feed: 'f', position: at(4), patterns: [], remaining: 3 })
  const refusal = { type: 'error', code: 'patterns_unavailable', detail: 'd', action: 'a', temporary: true } as const
  t.match(hears({ ...refusal, id: 's' }), [{ type: 'refused', id: 's' }])
  t.match(sent(passes(1)), [{ type: 'subscribe', id: 's~2', from: 'snapshot' }])

  step({ type: 'closed', socket: 1, code: 1006, reason: '' })
  passes(100)
  step({ type: 'opened', socket: 2 })
  const text = JSON.stringify({ type: 'welcome', user: 'u', server: 's', time: 0, heartbeat_ms: 1000 })
  t.match(sent(step({ type: 'frame', socket: 2, text })), [{ type: 'subscribe', id: 's~3', from: 'snapshot' }])
})

t.test('a gap is made good by another snapshot, but not for ever', async t => {
  const { welcome, begin, hears } = given({ from: 'snapshot' })
  welcome()
  const names = ['s', 's~2', 's~3', 's~4']
  const told = names.map((id, round) => {
    begin({ id, mode: 'snapshot', position: at(round) })
    const last: ServerMessage = { type: 'snapshot', id, feed: 'f', position: at(round), patterns: [], remaining: 0 }
    const next = at(round + 9)
    return hears(last, {
      type: 'gap',
      feed: 'f',
      reason: 'expired',
      have: at(round),
      last: round,
      next,
      action: 'rescan'
    })
  })

  t.match(told[0], [{ type: 'snapshot' }, { type: 'gap' }, { message: { id: 's' } }, { message: { from: 'snapshot' } }])
  t.match(told[3], [{ type: 'snapshot' }, { type: 'gap' }, { type: 'hang_up' }, { type: 'state', state: 'waiting' }])
})

t.test('an edited filter begins the snapshot anew', async t => {
  const { welcome, begin, hears } = given({ from: 'snapshot' })
  welcome()
  begin({ mode: 'snapshot', position: at(4) })
  hears({ type: 'snapshot', id: 's', feed: 'f', position: at(4), patterns: [], remaining: 0 })

  const edited = hears({ type: 'retargeted', id: 's', previous_feed: 'f', feed: 'g', position: at(5), last: 4 })
  t.match(edited, [{ type: 'retargeted' }, { message: { type: 'unsubscribe' } }, { message: { from: 'snapshot' } }])
})

t.test('an edit before the last page of a snapshot shows that the page was lost', async t => {
  const { welcome, begin, hears } = given({ from: 'snapshot' })
  welcome()
  begin({ mode: 'snapshot', position: at(4) })

  const edited = hears({ type: 'retargeted', id: 's', previous_feed: 'f', feed: 'g', position: at(5), last: 4 })
  t.match(edited, [{ type: 'retargeted' }, { message: { type: 'unsubscribe' } }, { message: { from: 'snapshot' } }])
})

t.test('a token is renewed before its end, by the clock of its server', async t => {
  const hour = 3_600_000
  const { session, step, welcome, begin, hears, beats, passes } = given()
  welcome({ time: 1_000_000, expires_at: 1_000_000 + 10_000 })
  begin()
  t.same(passes(1000), [])
  beats(0)
  t.ok(session.wakeAt <= 9000)
  t.same(hears({ type: 'pong', time: 1_000_000 + 8500 }), [], 'the clock of this machine went slower')
  t.ok(session.wakeAt <= 1500)
  t.same(passes(500), [{ type: 'renew', socket: 1 }])

  t.match(step({ type: 'renew_failed', socket: 1, reason: 'no new token' }), [
    { type: 'warning', refusal: { detail: 'no new token', temporary: true } }
  ])
  t.same(passes(1), [{ type: 'renew', socket: 1 }], 'again, until the old one ends')
  hears({ type: 'refreshed', expires_at: 1_000_000 + hour })
  beats(0)
  t.ok(session.wakeAt < hour)
  t.same(passes(1000), [])
})

t.test('a token that is never renewed is not asked for', async t => {
  const { session, welcome, begin } = given({ renewable: false })
  welcome({ time: 0, expires_at: 1000 })
  begin()
  t.equal(session.wakeAt, 2000, 'only silence is awaited')
})

t.test('a socket that ends with its token is followed by one with a new token, three times in a row', async t => {
  const { session, step, welcome, begin, passes } = given()
  welcome()
  begin()
  for (const socket of [1, 2, 3]) {
    step({ type: 'closed', socket, code: 4000, reason: 'the token has expired' })
    t.equal(session.state, 'waiting')
    passes(1000)
  }
  step({ type: 'closed', socket: 4, code: 4000, reason: 'nobody' })
  t.equal(session.state, 'stopped')

  const other = given({ renewable: false })
  other.welcome()
  other.step({ type: 'closed', socket: 1, code: 4000, reason: 'the token has expired' })
  t.equal(other.session.state, 'stopped')
})

t.test('how it stands: offline, catching up, delayed, live', async t => {
  const { step, welcome, begin, hears, beats, passes, status } = given()
  welcome()
  t.same(status(), { state: 'catching_up', behind: 0 })
  begin({ mode: 'resumed', top: 9 })
  t.same(status(), { state: 'catching_up', behind: 0 })
  passes(250)
  hears(event(1))
  t.same(status(), { state: 'catching_up', behind: 9 })
  hears({ type: 'caught_up', feed: 'f', position: at(9) })
  t.same(status(), { state: 'live', behind: 0 }, 'not what it was when it caught up')

  hears({ type: 'slow', feed: 'f', reason: 'reading', position: at(1), top: 50 })
  t.same(status(), { state: 'delayed', behind: 50, age: 0 })
  hears({ type: 'caught_up', feed: 'f', position: at(1) })
  t.equal(status()?.state, 'live')
  hears({ type: 'slow', feed: 'f', reason: 'credits', position: at(1), top: 50 })
  beats(1)
  t.equal(status()?.state, 'live')

  beats(1, { top: 5 })
  t.equal(status()?.state, 'live', 'it may be on its way')
  beats(1, { top: 6 })
  t.equal(status()?.state, 'delayed')
  beats(7, { last: 1 })
  t.equal(status()?.state, 'live')
  beats(7, { last: 1, read_age_ms: 3001 })
  t.same(status(), { state: 'delayed', behind: 7, age: 3001 }, 'the log is not being read')

  step({ type: 'closed', socket: 1, code: 1006, reason: '' })
  t.equal(status()?.state, 'offline')
})

t.test('what a server that is left said of its log says nothing of its successor', async t => {
  const { step, welcome, begin, hears, beats, status } = given()
  const next = (...messages: ServerMessage[]) => step({ type: 'frame', socket: 2, text: JSON.stringify(messages) })
  welcome()
  begin()
  beats(0, { read_age_ms: 6_000 })
  t.equal(status()?.state, 'delayed')
  hears({ type: 'drain', within_ms: 1_000 })
  step({ type: 'opened', socket: 2 })
  next({ type: 'welcome', user: 'u', server: 'other', time: 0, heartbeat_ms: 1000 })
  next({ type: 'subscribed', id: 's~2', feed: 'f', channel: 'daily', mode: 'resumed', position: at(0), top: 0 })
  t.equal(status()?.state, 'live')
})

t.test('what is wrong with a message about a subscription does not end that', async t => {
  const { session, welcome, begin, hears } = given()
  welcome()
  begin()
  const refusal = {
    type: 'error',
    code: 'invalid_request',
    detail: 'd',
    action: 'a',
    temporary: false,
    id: 's'
  } as const
  t.match(hears(refusal), [{ type: 'warning', refusal: { code: 'invalid_request' } }])
  t.equal(session.state, 'live')
})
