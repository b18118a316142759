import type { ServerMessage } from '@tickstock/contracts'
import fc from 'fast-check'
import t from 'tap'
import { waitAfter } from '../../src/back-off.ts'
import type { LiveStatus } from '../../src/live-status.ts'
import type { SessionEffect } from '../../src/session/effect.ts'
import type { SubscriptionRequest } from '../../src/session/input.ts'
import { Session, type SessionOptions } from '../../src/session/session.ts'
import { countersFromZero } from '../../src/session/session-counters.ts'
import { detected } from './model-log.ts'

/** A session whose server is the test itself. */
function given({
  from = 'now',
  name,
  filter,
  renewable = false,
  backOff = { firstMs: 100, longestMs: 1000 }
}: Partial<SubscriptionRequest & SessionOptions> = {}) {
  const session = new Session({
    random: () => 0.5,
    answerWithinMs: 5000,
    renewable,
    window: 2000,
    counters: countersFromZero(),
    backOff
  })
  let now = 0
  const effects: SessionEffect[] = []
  const statuses: LiveStatus[] = []
  const keep = (more: readonly SessionEffect[]) => {
    const others = more.filter(({ type }) => type !== 'status')
    for (const effect of more) if (effect.type === 'status') statuses.push(effect.status)
    effects.push(...others)
    return others
  }
  const hears = (socket: number, ...messages: ServerMessage[]) =>
    keep(session.step({ type: 'frame', socket, text: JSON.stringify(messages) }, now))
  const subscribe = (id = 's') =>
    keep(session.step({ type: 'subscribe', request: { id, channel: 'daily', from, name, filter } }, now))
  const at = (time: number) => {
    now = time
    return keep(session.step({ type: 'tick' }, now))
  }
  const closes = (socket: number, code: number) =>
    keep(session.step({ type: 'closed', socket, code, reason: 'x' }, now))
  const opens = (socket: number) => {
    keep(session.step({ type: 'opened', socket }, now))
    return hears(socket, { type: 'welcome', user: 'u', server: 's', time: 0, heartbeat_ms: 1000 })
  }
  const close = () => keep(session.step({ type: 'close' }, now))
  return { session, effects, statuses, close, hears, subscribe, at, closes, opens, last: () => effects.at(-1) }
}

const subscribed = (
  id: string,
  offset: number,
  epoch = 'e',
  feed = 'f'
): Extract<ServerMessage, { type: 'subscribed' }> => ({
  type: 'subscribed',
  id,
  feed,
  channel: 'daily',
  mode: 'resumed',
  position: { epoch, offset },
  top: offset
})
const event = (offset: number, previous: number, epoch = 'e'): Extract<ServerMessage, { type: 'event' }> => ({
  type: 'event',
  feed: 'f',
  epoch,
  offset,
  previous,
  at: 0,
  event: detected('A', offset)
})
const sent = (effects: readonly SessionEffect[]) =>
  effects.flatMap(effect => (effect.type === 'send' ? [effect.message] : []))
const kinds = (effects: readonly SessionEffect[]) => effects.map(({ type }) => type)

t.test('nothing is opened before there is something to listen to', async t => {
  const { session, subscribe } = given()
  t.equal(session.state, 'idle')
  t.equal(session.wakeAt, Number.POSITIVE_INFINITY)

  t.same(subscribe(), [
    { type: 'open', socket: 1 },
    { type: 'state', state: 'connecting', reason: '' }
  ])
})

t.test('each question has its own name, so an answer to an earlier one is not taken for it', async t => {
  const { subscribe, opens, hears } = given({ from: { epoch: 'e', offset: 3 } })
  subscribe()
  t.match(sent(opens(1)), [{ type: 'subscribe', id: 's', channel: 'daily', from: { epoch: 'e', offset: 3 } }])
  hears(1, subscribed('s', 3))

  const asked = hears(1, event(9, 7))
  t.match(sent(asked), [
    { type: 'unsubscribe', id: 's' },
    { type: 'subscribe', id: 's~2', channel: 'daily', from: { epoch: 'e', offset: 3 } }
  ])

  t.same(hears(1, subscribed('s', 9), event(10, 9)), [])
  t.same(kinds(hears(1, subscribed('s~2', 3), event(7, 3), event(9, 7))), ['position', 'deliver', 'deliver'])
})

t.test('a position beyond the end of the log is told once, and what follows is delivered once', async t => {
  const { subscribe, opens, hears } = given({ from: { epoch: 'e', offset: 100 } })
  subscribe()
  opens(1)
  const ahead: ServerMessage = {
    type: 'gap',
    feed: 'f',
    reason: 'ahead',
    have: { epoch: 'e', offset: 100 },
    last: 100,
    next: { epoch: 'e', offset: 80 },
    action: 'rescan'
  }

  const told = hears(1, subscribed('s', 80), ahead, event(81, 80))
  t.same(kinds(told), ['position', 'gap', 'deliver'])

  t.same(kinds(hears(1, ahead)), ['send', 'send'], 'the same again is not of this position: it is asked about')
})

t.test('an epoch of which no gap was told is asked about, and a server that insists is left', async t => {
  const { session, subscribe, opens, hears } = given({ from: { epoch: 'e', offset: 5 } })
  subscribe()
  opens(1)
  hears(1, subscribed('s', 5))

  for (const wire of ['s~2', 's~3', 's~4']) {
    t.equal(sent(hears(1, event(1, 0, 'new'))).length, 2)
    hears(1, subscribed(wire, 5))
  }
  const left = hears(1, event(1, 0, 'new'))

  t.match(left, [
    { type: 'hang_up', code: 3000 },
    { type: 'state', state: 'waiting' }
  ])
  t.equal(session.counters.delivered, 0)
})

t.test('a log that began anew while away is told from the answer alone', async t => {
  const { subscribe, opens, hears } = given({ from: { epoch: 'e', offset: 5 } })
  subscribe()
  opens(1)

  const effects = hears(1, subscribed('s', 0, 'new'), event(1, 0, 'new'))

  t.match(effects, [
    {
      type: 'gap',
      gap: { reason: 'stream_reset', have: { epoch: 'e', offset: 5 }, next: { epoch: 'new', offset: 0 } }
    },
    { type: 'deliver' }
  ])
})

t.test('a successor that dies before it has taken over leaves the old socket in use', async t => {
  const { subscribe, opens, hears, closes, at, last } = given({ from: { epoch: 'e', offset: 0 } })
  subscribe('s')
  subscribe('r')
  opens(1)
  hears(1, subscribed('s', 0), subscribed('r', 0, 'e', 'g'))
  t.match(hears(1, { type: 'drain', within_ms: 1000 }), [{ type: 'open', socket: 2 }])
  opens(2)
  hears(2, subscribed('s~2', 0))

  closes(2, 1006)

  t.match(hears(1, event(1, 0)), [{ type: 'deliver', position: { offset: 1 } }])
  at(1000)
  t.match(last(), { type: 'open', socket: 3 })
  opens(3)
  hears(3, subscribed('s~3', 1), subscribed('r~3', 0, 'e', 'g'))
  t.match(last(), { type: 'hang_up', socket: 1, code: 1000, reason: 'handed over' })
})

t.test('renews the token of a successor that is ready before the socket in use', async t => {
  const { session, subscribe, hears, at } = given({ renewable: true })
  subscribe()
  hears(1, { type: 'drain', within_ms: 1000 })
  hears(2, { type: 'welcome', user: 'u', server: 's', time: 0, heartbeat_ms: 10_000, expires_at: 3_000 })

  t.match(at(2_900), [{ type: 'renew', socket: 2 }])
  t.equal(session.state, 'connecting')
  t.match(session.step({ type: 'renew_failed', socket: 2, reason: 'x' }, 2_901), [{ type: 'warning' }])
})

t.test('what only a successor was asked for is asked of the old socket when that dies', async t => {
  const { subscribe, opens, hears, closes } = given({ from: { epoch: 'e', offset: 0 } })
  subscribe('s')
  opens(1)
  hears(1, subscribed('s', 0), { type: 'drain', within_ms: 1000 })
  opens(2)
  t.match(sent(subscribe('late')), [{ type: 'subscribe', id: 'late' }])

  t.match(closes(2, 1006), [{ type: 'send', socket: 1, message: { type: 'subscribe', id: 'late~2' } }])
})

t.test('the old socket may end first: its successor goes on', async t => {
  const { session, subscribe, opens, hears, closes, statuses } = given()
  subscribe()
  opens(1)
  hears(1, subscribed('s', 4), { type: 'drain', within_ms: 10 }, { type: 'drain', within_ms: 5 })

  t.match(closes(1, 4200), [{ type: 'state', state: 'connecting' }])
  t.match(sent(opens(2)), [{ type: 'subscribe', from: { epoch: 'e', offset: 4 } }])
  t.equal(session.state, 'live')
  t.equal(statuses.at(-1)?.state, 'catching_up')
})

t.test('a successor that is going too is left in its turn, after a wait', async t => {
  const { session, subscribe, opens, hears, at } = given()
  subscribe()
  opens(1)
  hears(1, subscribed('s', 0), { type: 'drain', within_ms: 10 })
  opens(2)

  hears(2, { type: 'drain', within_ms: 10 }, subscribed('s~2', 0))

  t.ok(session.wakeAt > 0 && session.wakeAt <= 100)
  t.same(kinds(at(100)), ['open'])
})

t.test('attempts for a successor do not count when the old socket is closed, and the wait stays short', async t => {
  const { session, subscribe, at, opens, hears, closes } = given({ backOff: { firstMs: 250, longestMs: 15_000 } })
  const beat: ServerMessage = {
    type: 'heartbeat',
    time: 0,
    feeds: { f: { epoch: 'e', offset: 0, last: 0, top: 0 } },
    pipeline: { read_age_ms: 0, event_age_ms: null }
  }
  subscribe()
  opens(1)
  hears(1, subscribed('s', 0), { type: 'drain', within_ms: 1000 })
  let now = 0
  let socket = 2
  /** One attempt fails. @returns how long the next one waits */
  const fails = () => {
    closes(socket++, 1006)
    const wait = session.wakeAt - now
    now += wait
    at(now)
    return wait
  }
  const waits = Array.from({ length: 4 }, () => {
    hears(1, beat)
    return fails()
  })
  t.same(waits, [125, 250, 500, 1000], 'the old socket lives, so nothing hurries')
  closes(socket++, 1006)

  t.match(closes(1, 4200)[0], { type: 'open', socket }, 'at once')
  const after = Array.from({ length: 24 }, fails)
  t.same(after.slice(0, 21), [125, 250, ...Array(19).fill(500)], 'ten seconds')
  t.same(after.slice(-3), [500, 1000, 2000])
})

t.test('the wait stays short for ten seconds after a socket broke, once for each sound one', async t => {
  const { session, subscribe, at, opens, hears, closes } = given({ backOff: { firstMs: 250, longestMs: 15_000 } })
  subscribe()
  opens(1)
  hears(1, subscribed('s', 0))
  let now = 0
  let socket = 1
  const breaks = () => {
    closes(socket++, 1006)
    const wait = session.wakeAt - now
    now += wait
    at(now)
    return wait
  }

  const waits = Array.from({ length: 23 }, breaks)
  t.same(waits.slice(0, 22), [125, 250, ...Array(20).fill(500)])
  t.equal(waits[22], 1000, 'ten seconds have passed')

  opens(socket)
  hears(socket, subscribed('s~2', 0))
  t.equal(breaks(), 2000, 'no heartbeat found this socket sound')
})

t.test('a server that asks for back-off has it from the first second', async t => {
  const { session, subscribe, at, opens, hears, closes } = given({ backOff: { firstMs: 250, longestMs: 15_000 } })
  subscribe()
  opens(1)
  hears(1, subscribed('s', 0))
  let now = 0
  const waits = Array.from({ length: 5 }, (_, index) => {
    closes(index + 1, 4100)
    const wait = session.wakeAt - now
    now += wait
    at(now)
    return wait
  })

  t.same(waits, [125, 250, 500, 1000, 2000])
})

t.test('what a successor refuses for now stays on the old socket until it is taken', async t => {
  const { session, subscribe, opens, hears, at, closes } = given({ from: { epoch: 'e', offset: 0 } })
  const refusal = { code: 'log_unavailable', detail: '', action: '', temporary: true } as const
  subscribe('s')
  subscribe('r')
  opens(1)
  hears(1, subscribed('s', 0), subscribed('r', 0, 'e', 'g'), { type: 'drain', within_ms: 1000 })
  opens(2)
  hears(2, subscribed('s~2', 0))
  t.same(kinds(hears(2, { type: 'error', id: 'r~2', ...refusal })), ['refused'], 'no socket is left')
  t.match(hears(1, { ...event(1, 0), feed: 'g' }), [{ type: 'deliver', id: 'r' }])

  t.match(sent(at(session.wakeAt)), [{ type: 'subscribe', id: 'r~3', from: { offset: 1 } }])
  hears(2, { type: 'error', id: 'r~3', ...refusal })
  closes(2, 1006)
  t.same(sent(at(session.wakeAt)), [], 'it still has its feed on the old socket')
  opens(3)
  t.match(hears(3, subscribed('s~3', 0), subscribed('r~4', 1, 'e', 'g')).at(-1), { type: 'hang_up', socket: 1 })
})

t.test('close codes: stop, back off, resume at once but not for ever', async t => {
  const stopped = given()
  stopped.subscribe()
  stopped.opens(1)
  stopped.closes(1, 4001)
  t.equal(stopped.session.state, 'stopped')
  t.equal(stopped.session.wakeAt, Number.POSITIVE_INFINITY)
  stopped.subscribe('other')
  t.equal(stopped.session.state, 'stopped')

  const resumed = given()
  resumed.subscribe()
  resumed.opens(1)
  t.match(resumed.closes(1, 4200), [
    { type: 'open', socket: 2 },
    { type: 'state', state: 'connecting' }
  ])
  resumed.opens(2)
  t.match(resumed.closes(2, 4200), [{ type: 'state', state: 'waiting' }])
})

t.test('a temporary refusal is asked again later, a final one is not', async t => {
  const { session, subscribe, opens, hears, at } = given()
  subscribe()
  opens(1)
  const refusal = { type: 'error', code: 'log_unavailable', detail: 'd', action: 'a', temporary: true } as const
  t.match(hears(1, { ...refusal, id: 's' }), [{ type: 'refused', id: 's' }])

  t.match(sent(at(50)), [{ type: 'subscribe', id: 's~2' }])

  const final = hears(1, { ...refusal, id: 's~2', temporary: false })
  t.match(final, [{ type: 'refused', id: 's' }, { type: 'hang_up' }, { type: 'state', state: 'idle' }])
  t.equal(session.wakeAt, Number.POSITIVE_INFINITY)
})

t.test('a server that accepts and does not answer is left', async t => {
  const { subscribe, opens, hears, at } = given()
  subscribe()
  opens(1)
  const pipeline = { read_age_ms: 0, event_age_ms: null }
  for (const time of [1500, 3000, 4500]) {
    at(time)
    hears(1, { type: 'heartbeat', time, feeds: {}, pipeline }, { type: 'pong', time })
  }

  t.match(at(5000), [
    { type: 'hang_up', reason: 'no answer to subscribe' },
    { type: 'state', state: 'waiting' }
  ])
})

t.test('a socket that never opens is given up', async t => {
  const { subscribe, at, session } = given()
  subscribe()

  t.match(at(5000), [
    { type: 'hang_up', socket: 1 },
    { type: 'state', state: 'waiting' }
  ])
  t.match(session.step({ type: 'reconnect' }, 5001), [{ type: 'open', socket: 2 }, { type: 'state' }])
  t.same(session.step({ type: 'reconnect' }, 5002), [], 'an attempt is under way')
})

t.test('what comes from a socket that was left, or after the end, changes nothing', async t => {
  const { session, subscribe, opens, closes, hears, close } = given()
  subscribe()
  opens(1)
  t.match(close(), [
    { type: 'hang_up', code: 1000 },
    { type: 'state', state: 'closed' }
  ])

  t.same([...hears(1, subscribed('s', 1)), ...closes(1, 1000), ...subscribe(), ...opens(7)], [])
  t.same(session.step({ type: 'unsubscribe', id: 'nobody' }, 2), [])
})

t.test('waits grow to their bound, and lie anywhere below it', async t => {
  t.same(
    [1, 2, 3, 9].map(failures => waitAfter(failures, 1, { firstMs: 100, longestMs: 1000 })),
    [100, 200, 400, 1000]
  )
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.double({ min: 0, max: 1, noNaN: true }), (failures, random) => {
        const wait = waitAfter(failures, random, { firstMs: 250, longestMs: 15_000 })
        return wait >= 0 && wait <= 15_000
      })
    )
  )
})

const retargeted = (
  offset: number,
  last: number,
  feeds: [string, string] = ['f', 'g']
): Extract<ServerMessage, { type: 'retargeted' }> => ({
  type: 'retargeted',
  id: 's',
  previous_feed: feeds[0],
  feed: feeds[1],
  position: { epoch: 'e', offset },
  last
})

t.test('a subscription whose watchlist was edited goes on as another feed, from where it stands', async t => {
  const { subscribe, opens, hears } = given()
  subscribe()
  opens(1)
  hears(1, subscribed('s', 4), event(5, 4))

  t.match(hears(1, retargeted(7, 5)), [{ type: 'retargeted', id: 's', position: { offset: 7 } }])
  t.same(kinds(hears(1, event(8, 7))), [], 'the feed before is no more')
  t.match(hears(1, { ...event(9, 7), feed: 'g' }), [{ type: 'deliver', position: { offset: 9 } }])
  t.same(kinds(hears(1, retargeted(9, 9))), [], 'of a feed that it has not')
  t.same(kinds(hears(1, { ...retargeted(9, 9), id: 'unknown' })), [])
})

t.test('an edit hides no loss: what the feed before has sent and is not here is asked for again', async t => {
  const { subscribe, opens, hears } = given()
  subscribe()
  opens(1)
  hears(1, subscribed('s', 4), event(5, 4))

  const effects = hears(1, retargeted(7, 6))
  t.match(sent(effects), [
    { type: 'unsubscribe', id: 's' },
    { type: 'subscribe', id: 's~2', from: { offset: 5 } }
  ])
})

t.test('an edit while no connection was open is told, and a snapshot is taken again', async t => {
  const filter = { watchlist: 'w' }
  const following = given({ filter, from: { epoch: 'e', offset: 4 } })
  following.subscribe()
  following.opens(1)
  t.same(kinds(following.hears(1, subscribed('s', 4))), ['position'])
  following.closes(1, 4200)
  following.opens(2)
  t.match(following.hears(2, subscribed('s~2', 4, 'e', 'edited')), [
    { type: 'retargeted', id: 's', position: { offset: 4 } },
    { type: 'position' }
  ])

  const page: ServerMessage = {
    type: 'snapshot',
    id: 's',
    feed: 'f',
    position: { epoch: 'e', offset: 4 },
    patterns: [],
    remaining: 0
  }
  const whole = given({ filter, from: 'snapshot' })
  whole.subscribe()
  whole.opens(1)
  whole.hears(1, { ...subscribed('s', 4), mode: 'snapshot' }, page)
  whole.closes(1, 4200)
  whole.opens(2)
  t.match(whole.hears(2, subscribed('s~2', 4, 'e', 'edited')), [
    { type: 'retargeted', id: 's' },
    { message: { type: 'unsubscribe' } },
    { message: { type: 'subscribe', id: 's~3', from: 'snapshot' } }
  ])
  t.same(whole.hears(2, { ...subscribed('s~3', 6, 'e', 'edited'), mode: 'snapshot' }), [])
  t.match(whole.hears(2, { ...page, id: 's~3' }), [{ type: 'snapshot', begins: true }])

  const fixed = given({ filter: { symbols: ['A'] }, from: { epoch: 'e', offset: 4 } })
  fixed.subscribe()
  fixed.opens(1)
  fixed.hears(1, subscribed('s', 4))
  fixed.closes(1, 4200)
  fixed.opens(2)
  t.same(kinds(fixed.hears(2, subscribed('s~2', 4, 'e', 'other'))), ['position'], 'nothing can edit it')
})

t.test('a snapshot that gaps interrupt until the socket is left is taken again on the next one', async t => {
  const { session, subscribe, at, opens, hears } = given({ from: 'snapshot' })
  const page: ServerMessage = {
    type: 'snapshot',
    id: 's',
    feed: 'f',
    position: { epoch: 'e', offset: 4 },
    patterns: [],
    remaining: 0
  }
  const gap: ServerMessage = {
    type: 'gap',
    feed: 'f',
    reason: 'expired',
    have: { epoch: 'e', offset: 4 },
    last: 4,
    next: { epoch: 'e', offset: 9 },
    action: 'rescan'
  }
  subscribe()
  opens(1)
  for (const id of ['s', 's~2', 's~3', 's~4'])
    hears(1, { ...subscribed(id, 4), mode: 'snapshot' }, { ...page, id }, gap)

  t.equal(session.state, 'waiting')
  at(session.wakeAt)
  t.match(sent(opens(2)), [{ type: 'subscribe', from: 'snapshot' }])
})

t.test('a subscription whose watchlist was deleted has ended, and the application is told', async t => {
  const { session, subscribe, opens, hears } = given()
  subscribe()
  opens(1)
  hears(1, subscribed('s', 4))

  const gone: ServerMessage = {
    type: 'error',
    code: 'watchlist_not_found',
    detail: 'x',
    action: 'y',
    temporary: false,
    id: 's'
  }
  t.match(hears(1, gone)[0], { type: 'refused', id: 's', refusal: { code: 'watchlist_not_found' } })
  t.equal(session.state, 'idle')
})

t.test(
  'a log that is another has everything asked again at once, at a pace that no server takes for a flood',
  async t => {
    const { session, subscribe, opens, hears, at } = given()
    const ids = Array.from({ length: 32 }, (_, index) => `s${index}`)
    for (const id of ids) subscribe(id)
    t.equal(sent(opens(1)).length, 32)
    hears(1, ...ids.map(id => subscribed(id, 4, 'e', `feed ${id}`)))
    at(1900)
    const feeds = Object.fromEntries(ids.map(id => [`feed ${id}`, { epoch: 'new', offset: 0, last: 0, top: 0 }]))
    const pipeline = { read_age_ms: 0, event_age_ms: null }

    let said = sent(hears(1, { type: 'heartbeat', time: 0, feeds, pipeline }))
    t.equal(said.length, 32, 'as many as may come at once')
    for (let now = 1950; session.wakeAt <= now && said.length < 64; now += 50) said = [...said, ...sent(at(now))]

    t.equal(said.length, 64)
    for (const id of ids) {
      const about = said.filter(message => 'id' in message && [id, `${id}~2`].includes(`${message.id}`))
      t.match(about, [{ type: 'unsubscribe' }, { type: 'subscribe', from: { offset: 4 } }])
    }
  }
)

t.test("a feed name is one subscription's: one that missed its new name is asked for again", async t => {
  const { subscribe, opens, hears } = given()
  subscribe('s')
  subscribe('r')
  opens(1)
  hears(1, subscribed('s', 4), subscribed('r', 4, 'e', 'g'))

  t.match(hears(1, { ...retargeted(4, 4, ['g', 'f']), id: 'r' }), [
    { message: { type: 'unsubscribe', id: 's' } },
    { message: { type: 'subscribe', id: 's~2', from: { offset: 4 } } },
    { type: 'retargeted', id: 'r' }
  ])

  t.match(hears(1, event(5, 4)), [{ type: 'deliver', id: 'r' }])
})

t.test('what was not asked yet is not taken back from the server', async t => {
  const { session, subscribe, opens, at } = given()
  subscribe()
  opens(1)
  const asked = Array.from({ length: 40 }, (_, index) => sent(subscribe(`more ${index}`))).flat()
  t.equal(asked.length, 31)

  for (let index = 31; index < 40; index++) session.step({ type: 'unsubscribe', id: `more ${index}` }, 0)

  t.same(sent(at(1000)), [])
})
